internal import Glibc

/// RNNoise's four functions, found when they are first needed: the library is optional.
///
/// No header is used because the library comes without one; the signatures are those of RNNoise's `rnnoise.h`.
struct RNNoiseLibrary: Sendable {
    typealias Create = @convention(c) (OpaquePointer?) -> OpaquePointer?
    typealias Destroy = @convention(c) (OpaquePointer?) -> Void
    typealias Process =
        @convention(c) (OpaquePointer?, UnsafeMutablePointer<Float>?, UnsafePointer<Float>?) -> Float
    typealias FrameSize = @convention(c) () -> Int32

    let create: Create
    let destroy: Destroy
    let process: Process

    /// The library, or why there is none; looked for once.
    static let shared: Result<RNNoiseLibrary, RNNoiseError> = load()

    private static func load() -> Result<RNNoiseLibrary, RNNoiseError> {
        // Found by the program's run path: the set-up directory of a checkout, `../lib/aegis` of an installed program.
        let name = "librnnoise.so"
        guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            return .failure(RNNoiseError(reason: lastError()))
        }
        func function<T>(_ name: String, as type: T.Type) -> T? {
            dlsym(handle, name).map { unsafeBitCast($0, to: type) }
        }
        guard let create = function("rnnoise_create", as: Create.self),
            let destroy = function("rnnoise_destroy", as: Destroy.self),
            let process = function("rnnoise_process_frame", as: Process.self),
            let frameSize = function("rnnoise_get_frame_size", as: FrameSize.self)
        else { return .failure(RNNoiseError(reason: "\(name) lacks its functions")) }
        guard Int(frameSize()) == SpeechDenoiser.frameLength else {
            return .failure(RNNoiseError(reason: "\(name) is of an unknown version"))
        }
        return .success(RNNoiseLibrary(create: create, destroy: destroy, process: process))
    }

    private static func lastError() -> String { dlerror().map { String(cString: $0) } ?? "unknown reason" }
}
