import Foundation
import MediaCore
import MediaTestKit
import Testing

@testable import FFmpegKit

@Suite struct FilterAllowListTests {
    @Test(
        arguments: [
            ("hflip", ["hflip"]), ("scale=640:-2,hqdn3d=4:3", ["scale", "hqdn3d"]), ("[in]eq@a=1.2[out]", ["eq"]),
            ("select='not(mod(n,3))',fps=30", ["select", "fps"]),
            ("split[a][b];[a]hflip[c];[b][c]hstack", ["split", "hflip", "hstack"]),
            ("mo\\vie=x", ["movie"]), ("'movie'=x", ["movie"]), (" movie =x", ["movie"]), ("", []),
            ("drawtext=text='a,b;movie=c'", ["drawtext"]),
        ] as [(String, [String])]
    )
    func findsTheNames(graph: String, expected: [String]) {
        #expect(FilterAllowList.parse(graph).names == expected)
    }

    @Test(arguments: [
        "movie=/etc/passwd", "hflip,movie=x", "psnr=stats_file=x", "curves=psfile=x", "lut3d=x", "sendcmd=f=x",
        "reverse",
        "scale=/w=x", "scale=w=1:/h=x", "hwupload", "MOVIE=x",
    ])
    func refusesWhatReachesOutside(graph: String) {
        #expect(FilterAllowList.objection(to: graph) != nil)
    }

    /// Filters open files while they are initialised: the refusal must come before.
    @Test func refusalComesBeforeAnythingIsOpened() throws {
        let folder = try TemporaryFolder()
        let log = folder.file("log.txt")
        let format = VideoFormat(width: 64, height: 64, pixelFormat: .yuv420p)
        let error = #expect(throws: FilterGraphError.self) {
            _ = try VideoFilterGraph("split,psnr=stats_file=\(log)", input: format, timebase: .mpeg)
        }
        #expect(error?.message.contains("psnr") == true)
        #expect(folder.contents.isEmpty)
    }

    @Test func everyNameOnTheListIsPlain() {
        for name in FilterAllowList.names { #expect(FilterAllowList.parse(name).names == [name]) }
    }
}
