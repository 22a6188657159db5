import Testing

@testable import Kernels

@Suite struct KernelLevelTests {
    @Test func theTwinIsAlwaysThere() {
        #expect(KernelLevel.available.first == .scalar)
        #expect(KernelLevel.available.contains(.baseline))
    }

    @Test func refusesWhatTheMachineLacks() {
        for level in KernelLevel.allCases where !KernelLevel.available.contains(level) {
            #expect(!level.select())
        }
    }
}
