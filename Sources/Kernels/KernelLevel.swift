internal import CKernels

/// A compiled variant of all pixel kernels; every variant gives the same bits.
public enum KernelLevel: Int32, CaseIterable, Sendable {
    /// Vectorisation off: the twin that the others are compared with.
    case scalar = 0
    /// What the platform always has: SSE2 on x86-64, NEON on aarch64.
    case baseline = 1
    /// AVX2 with FMA, BMI2.
    case avx2 = 2
    /// AVX-512 F, BW, DQ and VL.
    case avx512 = 3

    /// The variants that this machine can run, slowest first.
    public static var available: [KernelLevel] {
        allCases.filter { aegis_level_available(aegis_level($0.rawValue)) }
    }

    /// The variant in use: the fastest available one unless ``select()`` chose another.
    public static var selected: KernelLevel {
        KernelLevel(rawValue: Int32(aegis_level_selected().rawValue)) ?? .scalar
    }

    /// Chooses this variant for the whole process; for tests and benchmarks.
    ///
    /// - Returns: `false`, with nothing changed, if this machine cannot run it.
    @discardableResult
    public func select() -> Bool {
        aegis_level_select(aegis_level(rawValue))
    }
}

extension aegis_level {
    /// The C enumeration's raw type is unsigned on Linux.
    fileprivate init(_ rawValue: Int32) {
        self.init(rawValue: RawValue(rawValue))
    }
}
