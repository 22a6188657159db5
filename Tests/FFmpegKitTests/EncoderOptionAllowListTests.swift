import MediaTestKit
import Testing

@testable import FFmpegKit

@Suite struct EncoderOptionAllowListTests {
    private func objection(_ encoder: String, _ name: String, _ value: String) -> String? {
        EncoderOptionAllowList.objection(to: CodecOption(name, value), of: encoder)
    }

    @Test(arguments: [
        ("libx264", "preset", "veryfast"), ("libx264", "crf", "20"), ("libx264", "b", "3M"), ("libx264", "g", "250"),
        ("libx264", "x264-params", "keyint=48:no-scenecut:psy_rd=1,0.1:aq-mode=3"), ("libx264", "flags", "+cgop"),
        ("libx264", "x264opts", "bframes=0"), ("libx265", "x265-params", "crf=22:no-sao:max-cll=1000,400"),
        ("libsvtav1", "svtav1-params", "film-grain=8:tune=0"), ("libaom-av1", "cpu-used", "6"),
        ("libvpx-vp9", "deadline", "realtime"), ("h264_nvenc", "cq", "20"), ("mjpeg", "q:v", "2"),
        ("png", "pred", "mixed"),
    ])
    func allowsWhatSteersThePicture(encoder: String, name: String, value: String) {
        #expect(objection(encoder, name, value) == nil)
    }

    @Test(arguments: [
        ("libx264", "stats", "/tmp/x"), ("libx264", "passlogfile", "/tmp/x"), ("libx264", "flags", "+pass1"),
        ("libx264", "flags", "512"), ("libx264", "x264-params", "stats=/tmp/x"), ("libx264", "x264-params", "pass=1"),
        ("libx264", "x264-params", "crf=20:stats=/tmp/x:pass=1"), ("libx264", "x264opts", "dump-yuv=/tmp/x"),
        ("libx264", "x264-params", "dump_yuv=/tmp/x"), ("libx264", "x264-params", "cqmfile=/etc/passwd"),
        ("libx264", "x264-params", "crf=20:'stats'=/tmp/x"), ("libx264", "x264-params", "st\\ats=/tmp/x"),
        ("libx264", "x264-params", " stats=/tmp/x"), ("libx264", "x264-params", "threads=1000"),
        ("libx264", "threads", "1000"), ("libx265", "x265-params", "csv=/tmp/x"),
        ("libx265", "x265-params", "stats=/x"),
        ("libx265", "x265-params", "analysis-save=/tmp/x"), ("libx265", "x265-params", "qpfile=/etc/passwd"),
        ("libx265", "x265-params", "zonefile=/etc/passwd"), ("libx265", "x265-params", "scaling-list=/etc/passwd"),
        ("libx265", "x265-params", "lambda-file=/etc/passwd"), ("libx265", "x265-params", "dhdr10-info=/etc/passwd"),
        ("libx265", "x265-params", "recon=/tmp/x"), ("libx265", "x265-params", "pools=1000"),
        ("libsvtav1", "svtav1-params", "stats=/tmp/x"), ("libsvtav1", "svtav1-params", "pass=1"),
        ("libaom-av1", "aom-params", "film-grain-table=/etc/passwd"), ("hevc_qsv", "load_plugins", "x"),
        ("h264_nvenc", "gpu", "1"), ("libx264", "CRF", "20"), ("unknown", "preset", "fast"), ("libx264", "", ""),
    ])
    func refusesWhatReachesOutside(encoder: String, name: String, value: String) {
        #expect(objection(encoder, name, value) != nil)
    }

    @Test func theObjectionNamesTheOption() {
        #expect(objection("libx264", "passlogfile", "x")?.contains("'passlogfile'") == true)
        #expect(objection("libx265", "x265-params", "crf=20:csv=x")?.contains("'csv' in x265-params") == true)
    }
}
