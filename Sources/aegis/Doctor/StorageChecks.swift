internal import Glibc

/// Looks at folders and disks.
enum StorageChecks {
    /// Less than this is soon used up by video.
    private static let scarceBytes: Int64 = 2_000_000_000

    static func all(_ session: Session) -> [DoctorCheck] {
        let directories = session.directories
        return [
            folder("state", directories.state, without: "a server cannot keep anything", remedy: "set AEGIS_HOME"),
            folder(
                "cache",
                directories.cache,
                without: "networks are compiled anew each time",
                remedy: "set XDG_CACHE_HOME"
            ),
            space("state's disk", directories.state),
            space("current folder's disk", "."),
        ].compactMap(\.self)
    }

    private static func folder(_ name: String, _ path: String, without: String, remedy: String) -> DoctorCheck {
        let isWritable = canWrite(path)
        return DoctorCheck(
            name: name,
            state: isWritable ? .ok : .absent,
            detail: isWritable ? path : "\(path) cannot be written; \(without)",
            remedy: isWritable ? nil : "\(remedy) to a folder that can be written, or correct its permissions"
        )
    }

    /// Whether a folder can be written, or made; nothing is made here.
    private static func canWrite(_ path: String) -> Bool {
        access(nearest(path), W_OK | X_OK) == 0
    }

    private static func space(_ name: String, _ path: String) -> DoctorCheck? {
        var status = statvfs()
        guard statvfs(nearest(path), &status) == 0 else { return nil }
        let bytes = Int64(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue
        )
        let isScarce = bytes < scarceBytes
        return DoctorCheck(
            name: name,
            state: isScarce ? .absent : .ok,
            detail: "\(PlainText.size(bytes)) free",
            remedy: isScarce ? "free some space" : nil
        )
    }

    /// The path itself, or what of it exists.
    private static func nearest(_ path: String) -> String {
        var path = path
        while access(path, F_OK) != 0 {
            guard let slash = path.lastIndex(of: "/") else { return "." }
            if slash == path.startIndex { return "/" }
            path = String(path[..<slash])
        }
        return path
    }
}
