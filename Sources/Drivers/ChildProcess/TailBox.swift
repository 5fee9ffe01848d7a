internal import Locking

/// A tail that two tasks share.
public final class TailBox: Sendable {
    private let kept = Locked(Tail())

    public init() {}

    /// What was kept so far.
    public var tail: Tail { kept.withLock { $0 } }

    public func append(_ bytes: [UInt8]) {
        kept.withLock { $0.append(bytes) }
    }
}
