internal import FoundationEssentials
internal import Stages

/// What a command works with besides its arguments.
struct Session: Sendable {
    /// Ctrl-C.
    let interruption: Interruption
    /// The environment variables.
    let environment: [String: String]
    /// Where things are.
    let directories: Directories
    /// Where the networks are.
    let models: ModelStore

    /// Looks at the process.
    init(interruption: Interruption) {
        self.interruption = interruption
        environment = ProcessInfo.processInfo.environment
        directories = Directories(environment: environment)
        models = ModelStore(directory: ModelStore.defaultDirectory(environment: environment))
    }
}
