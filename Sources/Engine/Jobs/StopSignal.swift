import Locking

/// The reason why a worker must stop its step early. A later case is graver and replaces an earlier one.
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
    private let current = Locked<StopReason?>(nil)
    private let change = AutoResetSignal()

    var reason: StopReason? { current.withLock { $0 } }

    func send(_ reason: StopReason) {
        let isGraver = current.withLock { current in
            guard reason.isGraver(than: current) else { return false }
            current = reason
            return true
        }
        if isGraver { change.send() }
    }

    /// Clears a reason that was handled. A graver reason stays.
    func settle(_ reason: StopReason) {
        current.withLock { if $0 == reason { $0 = nil } }
    }

    /// Returns true if there is a reason that is graver than `known`.
    func isStopping(beyond known: StopReason?) -> Bool { reason?.isGraver(than: known) ?? false }

    /// Returns when there is a reason that is graver than `known`, or when the task is cancelled.
    func wait(beyond known: StopReason?) async {
        while !Task.isCancelled, !isStopping(beyond: known) { await change.wait() }
    }
}
