internal import Foundation

/// A hidden folder for everything temporary of one job, with a lock that lives as long as its owner.
///
/// A process that is killed cannot tidy up. The system takes its lock away all the same, and that is how the next job in
/// the same place knows which folders nobody works in any more: by age alone nobody could tell a long job from a dead one.
final class WorkFolder: Sendable {
    /// Its path.
    let path: String
    /// The descriptor that holds the lock; -1 where the file system has no locks.
    private let lock: Int32

    private static let prefix = ".aegis-"
    private static let lockName = ".lock"

    /// Makes a folder inside another one.
    ///
    /// - Returns: `nil` when the system refuses, with the reason in `errno`.
    init?(inside parent: String) {
        var template = Array((parent + "/" + Self.prefix + "XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        lock = Self.lock(path)
        CleanUp.register(path)
    }

    deinit {
        remove()
        if lock >= 0 { close(lock) }
    }

    /// Removes it with all that is inside.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
        CleanUp.unregister(path)
    }

    /// Removes what jobs left behind in a folder whose processes were killed.
    ///
    /// Never one that somebody works in, belongs to another user, or has no lock. What cannot be removed stays; that is no
    /// reason to fail.
    static func sweep(_ parent: String) {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: parent) else { return }
        for name in names where name.hasPrefix(prefix) && name.utf8.count == prefix.utf8.count + 6 {
            let folder = parent + "/" + name
            var status = stat()
            guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
                continue
            }
            let descriptor = open(folder + "/" + lockName, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(atPath: folder) }
            close(descriptor)
        }
    }

    /// Takes the lock before its file has the name by which others look for it, so that it is never seen open.
    ///
    /// - Returns: the descriptor; -1 where the file system has no locks, and nobody will sweep such a folder.
    private static func lock(_ folder: String) -> Int32 {
        let hidden = folder + "/" + lockName + "-new"
        let descriptor = open(hidden, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return -1 }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, rename(hidden, folder + "/" + lockName) == 0 else {
            close(descriptor)
            unlink(hidden)
            return -1
        }
        return descriptor
    }
}
