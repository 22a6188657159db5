internal import FFmpegKit
internal import Foundation
internal import MediaCore
internal import Pipeline

/// Everything on which the result of a job depends, so that kept work is used for the very same job only.
struct JobIdentity: Codable, Equatable {
    /// What a file is, without reading all of it.
    struct File: Codable, Equatable {
        let path: String
        let size: Int64
        /// Time of the last change in nanoseconds.
        let changed: Int64
        /// SHA-256 over the first and the last 64 KiB.
        let ends: String
    }

    struct Stage: Codable, Equatable {
        let name: String
        let parameters: [String: ParameterValue]
        /// Files that the parameters name.
        let files: [File]
    }

    let program: String
    let libraries: String
    let input: File
    let container: String
    let stages: [Stage]
    let start: MediaTime?
    let end: MediaTime?
    let quality: String?
    let codec: String?
    let encoder: String?
    let encoderOptions: [[String]]
    let decoder: String
    /// Segments and the threads of encoders depend on it, and the bytes with them.
    let coreCount: Int

    /// Looks at a request and the files that it names.
    init(_ request: RenderRequest) throws {
        program = request.programVersion
        libraries = FFmpegLibraries.release + " " + FFmpegLibraries.codecVersion
        input = try File(request.inputPath)
        container = (request.outputPath as NSString).pathExtension.lowercased()
        stages = try request.stages.map { stage in
            let named = stage.descriptor.parameters.filter { $0.kind.namesFile }.compactMap { parameter in
                stage.parameters.text(parameter.name)
            }
            return Stage(
                name: stage.descriptor.name,
                parameters: stage.parameters.values,
                files: try named.compactMap { name in
                    // Not every text is a name: a background may be a colour or a word.
                    guard let path = try? request.context.resolveAsset(name) else { return nil }
                    return FileManager.default.fileExists(atPath: path) ? try File(path) : nil
                }
            )
        }
        start = request.start
        end = request.end
        quality = request.quality?.rawValue
        codec = request.codec?.rawValue
        encoder = request.encoderName
        encoderOptions = request.encoderOptions.map { [$0.name, $0.value] }
        decoder = "\(request.acceleration)"
        coreCount = request.coreCount
    }

    /// A name for it: 32 hexadecimal digits.
    func name() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(Checksum.sha256(of: Array(try encoder.encode(self))).prefix(32))
    }
}

extension JobIdentity.File {
    /// Looks at a file.
    ///
    /// - Throws: ``RenderError`` when it cannot be read.
    init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else { throw RenderError(errno, opening: path) }
        defer { close(descriptor) }
        let length = 64 << 10
        var bytes = [UInt8](repeating: 0, count: 2 * length)
        let head = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, length, 0) }
        let tail = bytes.withUnsafeMutableBytes { buffer in
            pread(
                descriptor,
                buffer.baseAddress.map { $0 + length },
                length,
                max(0, off_t(status.st_size) - off_t(length))
            )
        }
        guard head >= 0, tail >= 0 else { throw RenderError(errno, opening: path) }
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
        size = Int64(status.st_size)
        changed = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        ends = Checksum.sha256(of: bytes)
    }
}

extension ParameterDescriptor.Kind {
    /// Whether a value may be the name of a file.
    fileprivate var namesFile: Bool {
        switch self {
        case .asset, .background: true
        default: false
        }
    }
}
