import Locking

/// Why the work on a job is to stop before its end.
enum StopReason: Sendable, Hashable {
    /// Somebody asked the job to end early.
    case cancellation
    /// The daemon is stopping.
    case drain
    /// The job may belong to another worker by now.
    case leaseLost

    /// A later reason replaces an earlier one only if it is graver.
    var gravity: Int {
        switch self {
        case .cancellation: 0
        case .drain: 1
        case .leaseLost: 2
        }
    }
}

/// Carries a reason to stop to whoever works on a job. One waiter at a time.
final class StopSignal: Sendable {
    private struct State {
        var reason: StopReason?
        var waiter: CheckedContinuation<StopReason?, Never>?
    }

    private let state = Locked(State())

    var reason: StopReason? { state.withLock { $0.reason } }

    func send(_ reason: StopReason) {
        let waiter = state.withLock { state -> CheckedContinuation<StopReason?, Never>? in
            if let present = state.reason, present.gravity >= reason.gravity { return nil }
            state.reason = reason
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: reason)
    }

    /// Returns with a reason that is graver than `known`, or with none once the task is cancelled.
    func wait(beyond known: StopReason?) async -> StopReason? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome = state.withLock { state -> StopReason?? in
                    if Task.isCancelled { return .some(nil) }
                    if let reason = state.reason, reason.gravity > (known?.gravity ?? -1) { return reason }
                    state.waiter = continuation
                    return nil
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: nil)
        }
    }
}
