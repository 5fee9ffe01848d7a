public import AuraModel
public import JSON
internal import Locking

/// Writes calls to the audit. A router has at most one recorder.
///
/// Recorded are all calls of methods that may change something, and calls of other methods that are refused as
/// `unauthenticated` or `forbidden`. Not recorded are calls that never reach a method: those of unknown methods, and
/// those that a limit refuses, because a caller over its limits must not fill the audit.
public protocol CallRecorder: Sendable {
    /// Returns the slip of a call that may change something, before the first interceptor.
    func begin(_ context: RPCContext) -> AuditSlip

    /// Writes the entry of a call. The reply waits for it. `error` is what the caller is about to receive; `nil` means
    /// success. If it throws, the caller receives that error instead.
    func record(_ context: RPCContext, _ error: RPCError?) async throws(RPCError)

    /// Queues the entry of a call with an immediate handler, whose reply cannot wait. It must not block.
    func enqueue(_ context: RPCContext, _ error: RPCError?)

    /// Queues the entry of an action of the daemon itself, such as a new certificate. It must not block.
    func note(_ action: String, outcome: String, parameters: JSONValue?)
}

/// The entry of the audit for one call of a method that may change something.
///
/// The handler passes ``draft`` to the store with its change, and then calls ``noteWritten()``. If it does not, the
/// router lets the recorder write the entry before the reply, so that no method can forget it.
public final class AuditSlip: Sendable {
    /// The entry, for the transaction of the change to complete.
    public let draft: AuditDraft
    private let written = Locked(false)

    /// Creates a slip.
    public init(_ draft: AuditDraft) {
        self.draft = draft
    }

    /// True if a transaction with the entry was committed.
    public var isWritten: Bool { written.withLock { $0 } }

    /// Notes that a transaction with the entry was committed.
    public func noteWritten() { written.withLock { $0 = true } }
}

extension RPCContext {
    /// Returns true if the recorder must write an entry for the call, whose error is `error`.
    func needsEntry(_ error: RPCError?) -> Bool {
        guard let error else { return method.mutates && audit?.isWritten != true }
        guard error.code != .tooManyCalls else { return false }
        return method.mutates || error.code == .unauthenticated || error.code == .forbidden
    }
}
