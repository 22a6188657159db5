internal import COpenVINO

/// The registration of a completion handler with the library: a closure behind a C function and its argument.
///
/// `ov_infer_request_set_callback` keeps the *address* of the `ov_callback_t`, so that lives here, as long as the
/// registration. It drops the run's error, which `ov_infer_request_wait` reports.
final class CompletionCallback {
    /// What the library calls, at an address that does not change.
    private let callback: UnsafeMutablePointer<ov_callback_t>

    /// What the caller wants called.
    fileprivate let handler: @Sendable () -> Void

    /// Prepares a registration.
    ///
    /// - Parameter handler: Called on a thread of the library at the end of each asynchronous run.
    init(_ handler: @escaping @Sendable () -> Void) {
        self.handler = handler
        callback = .allocate(capacity: 1)
        callback.initialize(
            to: ov_callback_t(callback_func: runCompleted, args: Unmanaged.passUnretained(self).toOpaque())
        )
    }

    deinit {
        callback.deinitialize(count: 1)
        callback.deallocate()
    }

    /// Registers the handler in place of the request's former one.
    ///
    /// - Parameter request: An idle `ov_infer_request_t`. This object must outlive it or the next registration.
    /// - Throws: `requestBusy` when a run is in flight.
    func register(with request: OpaquePointer) throws(OpenVINOError) {
        try check(ov_infer_request_set_callback(request, callback), "ov_infer_request_set_callback")
    }
}

/// Calls the handler of a registration; a file-level function, since a closure literal would inherit an isolation.
///
/// - Parameter argument: The `CompletionCallback`, unretained.
private func runCompleted(_ argument: UnsafeMutableRawPointer?) {
    guard let argument else { return }
    Unmanaged<CompletionCallback>.fromOpaque(argument).takeUnretainedValue().handler()
}
