public import NIOConcurrencyHelpers

/// A value that only one thread at a time can access.
///
/// All code of the project uses this lock. It is based on `NIOLockedValueBox`, because the standard library's `Mutex`
/// causes false reports of the thread sanitizer on Linux. Copies share the same value.
///
/// The lock is not reentrant. Make the decision in the closure and act on it outside: the closure must not call code
/// that may lock again.
public struct Locked<Value: Sendable>: Sendable {
    @usableFromInline let box: NIOLockedValueBox<Value>

    /// Creates a lock around `value`.
    @inlinable
    public init(_ value: Value) {
        box = NIOLockedValueBox(value)
    }

    /// Runs `body` with exclusive access to the value, and returns its result.
    @inlinable
    public func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try box.withLockedValue(body)
    }
}
