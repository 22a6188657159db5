/// Why a `.cube` file cannot be used: the line, what is wrong with it, and what to do.
struct CubeError: Error, Equatable, CustomStringConvertible {
    /// The line, from 1; `nil` when it is about the whole file.
    let line: Int?
    /// What is wrong and what to do.
    let message: String

    init(line: Int?, _ message: String) {
        self.line = line
        self.message = message
    }

    var description: String { line.map { "line \($0): \(message)" } ?? message }
}
