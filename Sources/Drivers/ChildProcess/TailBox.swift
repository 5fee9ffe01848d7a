internal import Locking

/// A tail that several tasks share.
public final class TailBox: Sendable {
    private let kept = Locked(Tail())

    /// Creates an empty tail.
    public init() {}

    /// The tail so far.
    public var tail: Tail { kept.withLock { $0 } }

    /// Adds bytes to the tail.
    public func append(_ bytes: [UInt8]) {
        kept.withLock { $0.append(bytes) }
    }
}
