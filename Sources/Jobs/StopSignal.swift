import Locking

/// Why the work on a job is to stop before its end.
enum StopReason: Int, Sendable, Hashable {
    /// Somebody asked the job to end early.
    case cancellation
    /// The step has not returned although its deadline is past.
    case overdue
    /// The daemon is stopping.
    case drain
    /// The job may belong to another worker by now.
    case leaseLost

    /// A later reason replaces an earlier one only if it is graver.
    func isGraver(than other: StopReason?) -> Bool {
        guard let other else { return true }
        return rawValue > other.rawValue
    }
}

/// Carries a reason to stop to whoever works on a job. One waiter at a time.
final class StopSignal: Sendable {
    private struct Waiter {
        var known: StopReason?
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var reason: StopReason?
        var waiter: Waiter?

        func isStopping(beyond known: StopReason?) -> Bool {
            reason?.isGraver(than: known) ?? false
        }

        mutating func takeWaiter() -> Waiter? {
            defer { waiter = nil }
            return waiter
        }
    }

    private let state = Locked(State())

    var reason: StopReason? { state.withLock { $0.reason } }

    func send(_ reason: StopReason) {
        let waiter = state.withLock { state -> Waiter? in
            guard reason.isGraver(than: state.reason) else { return nil }
            state.reason = reason
            guard let waiter = state.waiter, reason.isGraver(than: waiter.known) else { return nil }
            return state.takeWaiter()
        }
        waiter?.continuation.resume()
    }

    /// Takes back a reason that was dealt with; a graver one stays.
    func settle(_ reason: StopReason) {
        state.withLock { state in
            if state.reason == reason { state.reason = nil }
        }
    }

    /// Whether there is a reason that is graver than `known`.
    func isStopping(beyond known: StopReason?) -> Bool {
        state.withLock { $0.isStopping(beyond: known) }
    }

    /// Returns once there is a reason that is graver than `known`, or once the task is cancelled.
    func wait(beyond known: StopReason?) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if Task.isCancelled || state.isStopping(beyond: known) { return true }
                    state.waiter = Waiter(known: known, continuation: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.takeWaiter() }?.continuation.resume()
        }
    }
}
