internal import Foundation
internal import Synchronization

/// Folders that must not survive the process.
///
/// Thread-safe. The command line calls ``removeAll()`` when it is interrupted a second time and will not wait for the
/// job to stop by itself.
public enum CleanUp {
    private static let folders = Mutex<Set<String>>([])

    static func register(_ folder: String) {
        folders.withLock { _ = $0.insert(folder) }
    }

    static func unregister(_ folder: String) {
        folders.withLock { _ = $0.remove(folder) }
    }

    /// Removes all temporary folders of running jobs.
    public static func removeAll() {
        for folder in folders.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: folder) }
    }
}
