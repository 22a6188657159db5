/// Numbers, sizes and times as people read them.
enum PlainText {
    /// A number with a fixed number of decimals.
    static func decimal(_ value: Double, places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int64((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled != 0 ? "-" : ""
        let whole = "\(sign)\(scaled / Int64(scale))"
        guard places > 0 else { return whole }
        let fraction = "\(scaled % Int64(scale))"
        return whole + "." + String(repeating: "0", count: places - fraction.count) + fraction
    }

    /// A number rounded for JSON, so that it is as short as it is exact.
    static func rounded(_ value: Double, places: Int) -> Double {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        return (value * scale).rounded() / scale
    }

    /// A number that is worth two or three digits.
    static func rate(_ value: Double) -> String { decimal(value, places: value < 10 ? 1 : 0) }

    /// A size in bytes, as in `1.2 MB`.
    static func size(_ bytes: Int64) -> String {
        var value = Double(bytes)
        for unit in ["bytes", "kB", "MB", "GB"] {
            if value < 999.5 || unit == "GB" {
                return unit == "bytes" || value >= 99.95
                    ? "\(decimal(value, places: 0)) \(unit)" : "\(decimal(value, places: 1)) \(unit)"
            }
            value /= 1000
        }
        return "\(bytes) bytes"
    }

    /// A length of time on a clock, as in `4:05` or `1:02:03`.
    static func clock(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "–" }
        let whole = Int(max(0, seconds).rounded())
        let (hours, minutes) = (whole / 3600, whole / 60 % 60)
        let padded = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        return hours > 0
            ? "\(hours):\(padded(minutes)):\(padded(whole % 60))" : "\(minutes):\(padded(whole % 60))"
    }
}
