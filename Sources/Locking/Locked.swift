public import NIOConcurrencyHelpers

/// A value that only one thread at a time can touch.
///
/// The project's one lock. It stands over `NIOLockedValueBox` because the standard library's `Mutex` gives false
/// reports under the thread sanitizer on Linux. Copies share the same value. Take the decision inside, act outside:
/// the lock is not reentrant, so nothing that may come back to it is called from the closure.
public struct Locked<Value: Sendable>: Sendable {
    @usableFromInline let box: NIOLockedValueBox<Value>

    /// Creates a lock around `value`.
    @inlinable
    public init(_ value: Value) {
        box = NIOLockedValueBox(value)
    }

    /// Runs `body` with exclusive access to the value and returns what it returns.
    @inlinable
    public func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try box.withLockedValue(body)
    }
}
