import FFmpegKit
import Rendering
import Testing

@testable import aegis

@Suite struct EncoderOptionsArgumentTests {
    @Test(arguments: [
        ("preset=ultrafast", [("preset", "ultrafast")]),
        ("preset=ultrafast:tune=zerolatency:b=3M", [("preset", "ultrafast"), ("tune", "zerolatency"), ("b", "3M")]),
        (#"x265-params=keyint=30\:bframes=2:crf=20"#, [("x265-params", "keyint=30:bframes=2"), ("crf", "20")]),
        ("x264-params=a=b", [("x264-params", "a=b")]),
        ("empty=", [("empty", "")]),
        (#"path=C\\x"#, [("path", #"C\\x"#)]),
        ("qp=0:qp=1", [("qp", "0"), ("qp", "1")]),
    ])
    func reads(_ text: String, _ expected: [(String, String)]) throws {
        #expect(try EncoderOptionsArgument.parse(text) == expected.map { CodecOption($0.0, $0.1) })
    }

    @Test(arguments: ["crf", "=20", "a=1:", ":a=1", "a=1::b=2", "a=1:b"])
    func refuses(_ text: String) throws {
        let error = try #require(throws: RenderError.self) { try EncoderOptionsArgument.parse(text) }
        #expect(error.code == .usage)
        #expect(error.message.contains("is not of the form name=value"))
    }
}
