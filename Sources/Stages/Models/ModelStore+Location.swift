internal import Glibc

extension ModelStore {
    /// Where this installation keeps its models.
    ///
    /// In this order: `AEGIS_MODELS`; `../share/aegis/models` beside an installed program; the checkout's set-up folder,
    /// `AEGIS_SETUP` or `.setup` in a folder above the program. The folder may not exist yet.
    ///
    /// - Parameters:
    ///   - environment: the process's environment variables.
    ///   - executable: the program's real path.
    public static func defaultDirectory(
        environment: [String: String],
        executable: String = executablePath
    ) -> String {
        if let path = environment["AEGIS_MODELS"], !path.isEmpty { return path }
        let folder = parent(of: executable)
        let installed = parent(of: folder) + "/share/aegis/models"
        if isFolder(installed) { return installed }
        if let setup = setupDirectory(environment: environment, executable: executable) { return setup + "/models" }
        return installed
    }

    /// The set-up folder of the checkout that the program was built in, or `nil` outside of a checkout.
    static func setupDirectory(environment: [String: String], executable: String) -> String? {
        if let path = environment["AEGIS_SETUP"], !path.isEmpty { return path }
        return checkoutDirectory(executable: executable).map { $0 + "/.setup" }
    }

    /// The checkout that the program was built in: the folder above it that holds the set-up script.
    static func checkoutDirectory(executable: String) -> String? {
        var folder = parent(of: executable)
        while folder != "/", folder != "." {
            if access(folder + "/scripts/setup", F_OK) == 0, access(folder + "/Package.swift", F_OK) == 0 {
                return folder
            }
            folder = parent(of: folder)
        }
        return nil
    }

    /// The real path of the running program.
    public static var executablePath: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return "." }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
