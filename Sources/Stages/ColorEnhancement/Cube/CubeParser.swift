internal import Foundation

/// Reads `.cube` files.
///
/// Takes what programs really write: LF, CRLF and CR, a byte order mark, comments anywhere, keywords in any order before
/// the points, tabs, and titles in UTF-8 or Windows-1252. Refuses everything else with the number of the line.
struct CubeParser {
    private var file = CubeFile()
    private var curveSize: Int?
    private var latticeSize: Int?
    private var low = SIMD3<Float>(repeating: 0)
    private var high = SIMD3<Float>(repeating: 1)
    private var curveRange: (Float, Float)?
    private var latticeRange: (Float, Float)?
    private var points: [SIMD3<Float>] = []
    private var expected = 0
    private var firstPointLine: Int?

    /// The largest file that is read, in bytes: a lattice of 129³ points of 30 characters.
    static let largestFile = 64 << 20

    private init() {}

    /// Reads a file.
    ///
    /// - Parameter path: where it is.
    /// - Throws: ``CubeError``.
    static func read(path: String) throws -> CubeFile {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw CubeError(line: nil, "there is no such file; give the path of a .cube file")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CubeError(line: nil, "this is not a file; give the path of a .cube file")
        }
        guard status.st_size <= largestFile else {
            throw CubeError(line: nil, "the file is larger than 64 MiB; export a lattice of at most 65 points an axis")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CubeError(line: nil, "the file cannot be read; check its permissions")
        }
        return try parse([UInt8](data))
    }

    /// Reads the bytes of a file.
    ///
    /// - Throws: ``CubeError``.
    static func parse(_ bytes: [UInt8]) throws(CubeError) -> CubeFile {
        var parser = CubeParser()
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw CubeError(line: 1, "the text is UTF-16; save it as UTF-8 or ASCII")
        }
        var line = 0
        while start < bytes.count {
            line += 1
            let end = bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
            try parser.take(bytes[start..<end], line)
            start = end + 1
            if end + 1 < bytes.count, bytes[end] == 0x0D, bytes[end + 1] == 0x0A { start += 1 }
        }
        return try parser.finish(line)
    }

    private mutating func take(_ text: ArraySlice<UInt8>, _ line: Int) throws(CubeError) {
        guard let first = text.first(where: { !Self.isSpace($0) }), first != UInt8(ascii: "#") else { return }
        guard text.count <= 4096 else {
            throw CubeError(line: line, "the line is longer than 4096 characters; this is not a .cube file")
        }
        if Self.isNumberStart(first) { return try takePoint(text, line) }
        // Only titles may hold anything but ASCII.
        let words = text.split(whereSeparator: Self.isSpace)
        guard let keyword = words.first.map({ String(decoding: $0, as: UTF8.self) }), keyword.allSatisfy(\.isASCII),
            keyword.allSatisfy({ !$0.isWhitespace && $0 >= " " })
        else {
            throw CubeError(line: line, "this is not text; give a .cube file, which holds keywords and numbers")
        }
        if keyword == "TITLE" {
            file.title = Self.title(text)
            return
        }
        try takeKeyword(keyword, words.dropFirst(), line)
    }

    private mutating func takeKeyword(
        _ keyword: String,
        _ words: ArraySlice<ArraySlice<UInt8>>,
        _ line: Int
    ) throws(CubeError) {
        // What follows a # is a remark.
        let values = words.prefix { $0.first != UInt8(ascii: "#") }.map { String(decoding: $0, as: UTF8.self) }
        let known = [
            "LUT_1D_SIZE", "LUT_3D_SIZE", "DOMAIN_MIN", "DOMAIN_MAX", "LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE",
        ]
        guard known.contains(keyword) else {
            throw CubeError(
                line: line,
                "'\(keyword.prefix(40))' is no keyword of .cube files; delete the line or export the file again"
            )
        }
        if let firstPointLine {
            throw CubeError(
                line: line,
                "\(keyword) follows the first point (line \(firstPointLine)); keywords stand before the points"
            )
        }
        switch keyword {
        case "LUT_1D_SIZE":
            let size = try Self.size(curveSize, keyword, values, 2...CubeFile.longestCurve, line)
            curveSize = size
            expected += size
        case "LUT_3D_SIZE":
            let size = try Self.size(latticeSize, keyword, values, 2...CubeFile.largestLattice, line)
            latticeSize = size
            expected += size * size * size
        case "DOMAIN_MIN": low = try Self.color(values, keyword, line)
        case "DOMAIN_MAX": high = try Self.color(values, keyword, line)
        case "LUT_1D_INPUT_RANGE": curveRange = try Self.range(values, keyword, line)
        default: latticeRange = try Self.range(values, keyword, line)
        }
    }

    private static func size(
        _ before: Int?,
        _ keyword: String,
        _ values: [String],
        _ range: ClosedRange<Int>,
        _ line: Int
    ) throws(CubeError) -> Int {
        guard before == nil else { throw CubeError(line: line, "\(keyword) stands here twice; delete one of them") }
        guard values.count == 1, let value = Int(values[0]) else {
            throw CubeError(line: line, "\(keyword) needs one whole number, as in '\(keyword) 33'")
        }
        guard range.contains(value) else {
            throw CubeError(
                line: line,
                "\(keyword) \(value) is outside \(range.lowerBound) to \(range.upperBound); export another size"
            )
        }
        return value
    }

    private mutating func takePoint(_ text: ArraySlice<UInt8>, _ line: Int) throws(CubeError) {
        guard expected > 0 else {
            throw CubeError(line: line, "a point stands before LUT_1D_SIZE or LUT_3D_SIZE; the file must begin with it")
        }
        guard points.count < expected else {
            throw CubeError(
                line: line,
                "there are more than the \(expected) points that the size promises; check the size"
            )
        }
        if firstPointLine == nil {
            firstPointLine = line
            points.reserveCapacity(expected)
        }
        let words = text.split(whereSeparator: Self.isSpace).prefix { $0.first != UInt8(ascii: "#") }
        guard words.count == 3 else {
            throw CubeError(line: line, "a point has three numbers, here are \(words.count)")
        }
        var point = SIMD3<Float>()
        for (channel, word) in words.enumerated() { point[channel] = try Self.number(word, line) }
        points.append(point)
    }

    private consuming func finish(_ lastLine: Int) throws(CubeError) -> CubeFile {
        guard expected > 0 else {
            throw CubeError(line: nil, "there is no LUT_1D_SIZE and no LUT_3D_SIZE; this is not a .cube file")
        }
        guard points.count == expected else {
            throw CubeError(
                line: lastLine,
                "the file ends after \(points.count) of \(expected) points; it was cut off, export it again"
            )
        }
        if let curveSize {
            file.curves = try table(curveSize, Array(points[..<curveSize]), curveRange)
        }
        if let latticeSize {
            // Behind curves the lattice sees what comes out of them, not the domain.
            let range = latticeRange ?? (curveSize == nil ? nil : (0, 1))
            file.lattice = try table(latticeSize, Array(points[(curveSize ?? 0)...]), range)
        }
        return file
    }

    private func table(
        _ size: Int,
        _ points: [SIMD3<Float>],
        _ range: (Float, Float)?
    ) throws(CubeError) -> CubeFile.Table {
        let low = range.map { SIMD3(repeating: $0.0) } ?? low, high = range.map { SIMD3(repeating: $0.1) } ?? high
        guard low.x < high.x, low.y < high.y, low.z < high.z else {
            throw CubeError(
                line: nil,
                "DOMAIN_MIN is not below DOMAIN_MAX; write 'DOMAIN_MIN 0 0 0', 'DOMAIN_MAX 1 1 1'"
            )
        }
        return CubeFile.Table(size: size, low: low, high: high, points: points)
    }
}

// MARK: - Words

extension CubeParser {
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0B || byte == 0x0C }

    private static func isNumberStart(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",")
    }

    private static func number(_ word: ArraySlice<UInt8>, _ line: Int) throws(CubeError) -> Float {
        let text = String(decoding: word.prefix(40), as: UTF8.self)
        // Digits, signs, a point and an exponent: `Float` would also take hexadecimal, nan and infinity.
        let isPlain = word.allSatisfy { isNumberStart($0) && $0 != 0x2C || $0 == 0x65 || $0 == 0x45 }
        guard isPlain, word.count <= 40, let value = Float(text), value.isFinite, abs(value) <= 65536 else {
            let remedy = word.contains(UInt8(ascii: ",")) ? "write decimal points, not commas" : "export the file again"
            throw CubeError(line: line, "'\(printable(text))' is no usable number; \(remedy)")
        }
        return value
    }

    private static func color(_ values: [String], _ keyword: String, _ line: Int) throws(CubeError) -> SIMD3<Float> {
        guard values.count == 3 else {
            throw CubeError(line: line, "\(keyword) needs three numbers, as in '\(keyword) 0 0 0'")
        }
        var color = SIMD3<Float>()
        for channel in 0..<3 { color[channel] = try number(ArraySlice(values[channel].utf8), line) }
        return color
    }

    private static func range(_ values: [String], _ keyword: String, _ line: Int) throws(CubeError) -> (Float, Float) {
        guard values.count == 2 else {
            throw CubeError(line: line, "\(keyword) needs two numbers, as in '\(keyword) 0 1'")
        }
        return (try number(ArraySlice(values[0].utf8), line), try number(ArraySlice(values[1].utf8), line))
    }

    /// What is quoted in messages must not carry control characters to a terminal.
    private static func printable(_ text: String) -> String {
        String(text.map { $0 >= " " && $0 != "\u{7F}" && !$0.isNewline ? $0 : "?" })
    }

    /// The text between the outer quotes, or all of it when there are none.
    private static func title(_ text: ArraySlice<UInt8>) -> String {
        let rest = text.drop(while: isSpace).dropFirst("TITLE".utf8.count)
        let quote = UInt8(ascii: "\"")
        var bytes = rest
        if let first = rest.firstIndex(of: quote), let last = rest.lastIndex(of: quote), first < last {
            bytes = rest[(first + 1)..<last]
        }
        let decoded =
            String(validating: bytes, as: UTF8.self)
            ?? String(bytes: bytes, encoding: .windowsCP1252)
            ?? String(decoding: bytes, as: UTF8.self)
        return printable(decoded.trimmingCharacters(in: .whitespaces))
    }
}
