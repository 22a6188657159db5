internal import FoundationEssentials
internal import Glibc

/// The cores that this process may use.
enum Processors {
    /// The number of cores by CPU affinity and by the control group's quota.
    static var usableCount: Int {
        let scheduled = max(1, ProcessInfo.processInfo.activeProcessorCount)
        guard let quota = quota(of: TextFile.read("/sys/fs/cgroup/cpu.max") ?? "") else { return scheduled }
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

/// Small text files of the system.
enum TextFile {
    /// The whole file, or `nil` when it cannot be read.
    static func read(_ path: String) -> String? {
        // Files in /proc and /sys say that they are empty, so that their size cannot be asked for first.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}
