internal import FoundationEssentials
internal import Glibc

/// The cores that this process may use.
enum Processors {
    /// The number of cores by CPU affinity and by the control group's quota.
    static var usableCount: Int {
        let scheduled = max(1, ProcessInfo.processInfo.activeProcessorCount)
        guard let quota = quota(of: SystemFiles.text(of: "/sys/fs/cgroup/cpu.max") ?? "") else { return scheduled }
        return min(scheduled, quota)
    }

    /// Whole cores that `cpu.max` allows, as in `150000 100000`; `nil` without a limit.
    ///
    /// Source: <https://docs.kernel.org/admin-guide/cgroup-v2.html>.
    static func quota(of line: String) -> Int? {
        let parts = line.split(whereSeparator: \.isWhitespace).map { Int($0) }
        guard parts.count == 2, let quota = parts[0], let period = parts[1], quota > 0, period > 0 else { return nil }
        return max(1, (quota + period - 1) / period)
    }
}
