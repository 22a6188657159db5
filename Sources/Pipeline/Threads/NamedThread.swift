internal import Glibc

/// A thread of its own with a name, for work that blocks.
///
/// The thread starts at once. ``join()`` gives the error that the body threw. A thread that nobody joins goes its way
/// by itself: that is how a hung stage is abandoned.
///
/// Source: `pthread_create(3)`, `pthread_setname_np(3)`.
public final class NamedThread: @unchecked Sendable {
    // Safe because: `thread` is written in `init` only, everything else is guarded by the condition's lock.
    private let state: State
    private let thread: pthread_t
    private var wasJoined = false

    /// The name, at most 15 bytes, as debuggers and `top -H` show it.
    public let name: String

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: its name; cut to 15 bytes, which is what Linux keeps.
    ///   - stackSize: bytes of stack; the system's default (8 MiB) when `nil`.
    ///   - body: what it does; its error is kept for ``join()``.
    /// - Throws: ``StartError`` when the system has no more threads to give.
    public init(
        name: String,
        stackSize: Int? = nil,
        _ body: @escaping @Sendable () throws -> Void
    ) throws(StartError) {
        self.name = Self.shortened(name)
        state = State()
        let start = Unmanaged.passRetained(Start(name: self.name, state: state, body: body))
        var thread = pthread_t()
        // Uninitialised memory, not `pthread_attr_t()`: which module owns that initialiser depends on the order in which
        // the compiler loads C modules (docs/pitfalls.md).
        let result = withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { attributes in
            guard let attributes = attributes.baseAddress else { preconditionFailure("no memory for one attribute") }
            pthread_attr_init(attributes)
            defer { pthread_attr_destroy(attributes) }
            if let stackSize {
                let pageSize = sysconf(Int32(_SC_PAGESIZE))
                let size = max(stackSize, sysconf(Int32(_SC_THREAD_STACK_MIN)))
                pthread_attr_setstacksize(attributes, (size + pageSize - 1) / pageSize * pageSize)
            }
            return pthread_create(&thread, attributes, runNamedThread, start.toOpaque())
        }
        guard result == 0 else {
            start.release()
            throw StartError(name: self.name, errorNumber: result)
        }
        self.thread = thread
    }

    deinit {
        if !wasJoined { pthread_detach(thread) }
    }

    /// Waits for the end of the thread; may be called by any number of threads, and again.
    ///
    /// - Throws: the error of the body.
    /// - Precondition: the caller is another thread.
    public func join() throws {
        precondition(pthread_equal(thread, pthread_self()) == 0, "a thread cannot wait for its own end")
        state.condition.lock()
        while !state.isFinished { state.condition.wait() }
        let isFirst = !wasJoined
        wasJoined = true
        let failure = state.failure
        state.condition.unlock()
        // The body is over; this waits for the thread's own clean-up.
        if isFirst { pthread_join(thread, nil) }
        if let failure { throw failure }
    }

    /// Whether the body has returned or thrown.
    public var isFinished: Bool { state.condition.withLock { state.isFinished } }

    /// The name of the calling thread.
    public static var currentName: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16) { buffer in
            guard let base = buffer.baseAddress, let getName, getName(pthread_self(), base, 16) == 0 else { return "" }
            return String(cString: base)
        }
    }

    /// The system refused to start a thread.
    public struct StartError: Error, Sendable, Equatable, CustomStringConvertible {
        /// The name that the thread should have had.
        public let name: String
        /// The `errno` value of `pthread_create`.
        public let errorNumber: Int32

        /// What failed and why, for example `cannot start thread decode: Resource temporarily unavailable`.
        public var description: String { "cannot start thread \(name): \(String(cString: strerror(errorNumber)))" }
    }

    private static func shortened(_ name: String) -> String {
        var result = ""
        for character in name where character != "\0" {
            if result.utf8.count + character.utf8.count > 15 { break }
            result.append(character)
        }
        return result
    }

    fileprivate final class State: @unchecked Sendable {
        // Safe because: both variables are touched with the lock held only.
        let condition = Condition()
        var isFinished = false
        var failure: (any Error)?

        func finish(_ error: (any Error)?) {
            condition.lock()
            isFinished = true
            failure = error
            condition.unlock()
            condition.broadcast()
        }
    }

    fileprivate final class Start: Sendable {
        let name: String
        let state: State
        let body: @Sendable () throws -> Void

        init(name: String, state: State, body: @escaping @Sendable () throws -> Void) {
            self.name = name
            self.state = state
            self.body = body
        }
    }
}

/// The C entry point: a plain function, because a closure literal would inherit the isolation of where it stands.
private func runNamedThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    var start: NamedThread.Start? = Unmanaged<NamedThread.Start>.fromOpaque(argument).takeRetainedValue()
    guard let state = start?.state else { return nil }
    if let setName { _ = setName(pthread_self(), start?.name ?? "") }
    var failure: (any Error)?
    do { try start?.body() } catch { failure = error }
    // What the body captured goes before anybody learns that the thread is done.
    start = nil
    state.finish(failure)
    return nil
}

// The header declares these two for `_GNU_SOURCE` only, which the Glibc module map does not set.
private let setName: (@convention(c) (pthread_t, UnsafePointer<CChar>) -> Int32)? =
    unsafeBitCast(
        dlsym(nil, "pthread_setname_np"),
        to: (@convention(c) (pthread_t, UnsafePointer<CChar>) -> Int32)?.self
    )
private let getName: (@convention(c) (pthread_t, UnsafeMutablePointer<CChar>, Int) -> Int32)? = unsafeBitCast(
    dlsym(nil, "pthread_getname_np"),
    to: (@convention(c) (pthread_t, UnsafeMutablePointer<CChar>, Int) -> Int32)?.self
)
