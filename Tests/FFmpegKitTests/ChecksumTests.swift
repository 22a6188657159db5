import FFmpegKit
import Foundation
import Testing

@Suite struct ChecksumTests {
    /// The examples of FIPS 180-2, appendix B.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func knowsTheStandardsExamples(_ text: String, _ digest: String) {
        #expect(Checksum.sha256(of: Array(text.utf8)) == digest)
        var checksum = Checksum()
        for byte in text.utf8 { checksum.update([byte].span) }
        #expect(checksum.hexadecimal() == digest)
    }

    @Test func readsWholeFiles() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ChecksumTests-\(UUID())")
        defer { try? FileManager.default.removeItem(at: path) }
        // A million times `a`, more than one buffer.
        try Data(repeating: UInt8(ascii: "a"), count: 1_000_000).write(to: path)
        #expect(
            try Checksum.sha256(ofFile: path.path) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        )
        #expect(throws: FFmpegError.self) { try Checksum.sha256(ofFile: path.path + "-missing") }
    }
}
