import Testing

@testable import FFmpegKit

/// Files hold anything where HDR metadata should be; none of it may end the process.
@Suite struct HDRMetadataTests {
    /// `AVMasteringDisplayMetadata` as it lies in memory: eight chromaticities, two luminances, two flags.
    private func bytes(
        red: (Int32, Int32) = (34000, 50000),
        maximum: (Int32, Int32) = (10_000_000, 10_000),
        minimum: (Int32, Int32) = (50, 10_000),
        hasPrimaries: Int32 = 1,
        hasLuminance: Int32 = 1
    ) -> [UInt8] {
        let rest: [Int32] = [
            16000, 50000, 13250, 50000, 34500, 50000, 7500, 50000, 3000, 50000, 15635, 50000, 16450, 50000,
        ]
        let words = [red.0, red.1] + rest + [minimum.0, minimum.1, maximum.0, maximum.1, hasPrimaries, hasLuminance]
        return words.withUnsafeBytes { Array($0) }
    }

    @Test func readsACompleteDescription() throws {
        let display = try #require(HDRMetadata(mastering: bytes(), light: nil)?.masteringDisplay)
        #expect(display.red.x == 0.68)
        #expect(display.maximumLuminance == 1000)
        #expect(display.minimumLuminance == 0.005)
    }

    @Test func leavesOutWhatMakesNoSense() {
        let broken = [
            bytes(red: (0, 0)), bytes(red: (5, 1)), bytes(maximum: (0, 0)), bytes(maximum: (1_000_000, 1)),
            bytes(maximum: (1, 0)), bytes(minimum: (0, 0)), bytes(hasPrimaries: 0), bytes(hasLuminance: 0), [1, 2, 3],
            [],
        ]
        for data in broken { #expect(HDRMetadata(mastering: data, light: nil) == nil) }
    }
}
