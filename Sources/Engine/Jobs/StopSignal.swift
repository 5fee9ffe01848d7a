import Locking

/// The reason why a worker must stop before its job ends. A later case is graver.
enum StopReason: Int, Sendable, Hashable {
    /// The job's cancellation was requested.
    case cancellation
    /// The step still runs although its deadline has passed.
    case overdue
    /// The daemon is stopping.
    case drain
    /// Another worker may hold the job.
    case leaseLost

    /// Returns true if this reason replaces `other`.
    func isGraver(than other: StopReason?) -> Bool {
        guard let other else { return true }
        return rawValue > other.rawValue
    }
}

/// Delivers a stop reason to the worker of a job. Supports one waiter at a time.
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

    /// Clears a reason that was handled. A graver reason stays.
    func settle(_ reason: StopReason) {
        state.withLock { state in
            if state.reason == reason { state.reason = nil }
        }
    }

    /// Returns true if there is a reason that is graver than `known`.
    func isStopping(beyond known: StopReason?) -> Bool {
        state.withLock { $0.isStopping(beyond: known) }
    }

    /// Returns when there is a reason that is graver than `known`, or when the task is cancelled.
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
