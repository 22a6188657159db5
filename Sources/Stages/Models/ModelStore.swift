/// The folder that holds the networks, each with its manifest.
public struct ModelStore: Sendable {
    /// The folder.
    public let directory: String

    /// Names a store; nothing is opened.
    public init(directory: String) { self.directory = directory }
}
