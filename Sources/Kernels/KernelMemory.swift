internal import CKernels

/// Aligned memory that kernels keep tables, state or scratch in; freed with its owner.
final class KernelMemory {
    let base: UnsafeMutableRawPointer
    let byteCount: Int

    init(byteCount: Int) {
        self.byteCount = byteCount
        base = .allocate(byteCount: max(byteCount, 1), alignment: Int(AEGIS_ALIGNMENT))
        base.initializeMemory(as: UInt8.self, repeating: 0, count: max(byteCount, 1))
    }

    deinit {
        base.deallocate()
    }
}
