internal import Glibc

/// Where a user's files are.
struct Directories: Sendable, Equatable {
    /// Database, uploads, recordings.
    let state: String
    /// What can be made again: compiled models.
    let cache: String

    /// Finds the places.
    ///
    /// - Parameter environment: the process's environment.
    init(environment: [String: String]) {
        func path(_ name: String) -> String? {
            // The XDG specification: a relative path is invalid and shall be ignored.
            environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        let home = path("HOME") ?? "/tmp/aegis-\(getuid())"
        // systemd gives a list when a unit asks for several folders.
        let systemd = environment["STATE_DIRECTORY"].flatMap { $0.split(separator: ":").first.map(String.init) }
        let data = path("XDG_DATA_HOME") ?? home + "/.local/share"
        let aegisHome = environment["AEGIS_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        state = aegisHome ?? systemd ?? data + "/aegis"
        cache = (path("XDG_CACHE_HOME") ?? home + "/.cache") + "/aegis"
    }

    /// Makes a folder with all that lead to it, readable by the user only.
    ///
    /// The process's umask stays what the user chose, because the videos that `enhance` writes are the user's.
    ///
    /// - Returns: whether the folder is there and can be written.
    static func makePrivate(_ path: String) -> Bool {
        var built = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            built += "/" + part
            if mkdir(built, 0o700) != 0, errno != EEXIST { return false }
        }
        return access(path, W_OK | X_OK) == 0
    }
}
