internal import Locking

/// A one-shot signal that makes a run end its child. The first reason counts.
final class StopSignal: Sendable {
    private struct State {
        var reason: ChildProcess.Ending?
        var isOver = false
        var waiting: CheckedContinuation<Bool, Never>?
    }

    private let state = Locked(State())

    /// The reason why the child is ended; `nil` if it is not ended.
    var reason: ChildProcess.Ending? { state.withLock { $0.reason } }

    /// Requests the end of the child. Has no effect after another reason or after the child's end.
    func raise(_ reason: ChildProcess.Ending) {
        let waiting = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.reason == nil, !state.isOver else { return nil }
            state.reason = reason
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: true)
    }

    /// Records that the child ended by itself.
    func over() {
        let waiting = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            state.isOver = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: false)
    }

    /// Waits for the end of the child or for a stop. Returns true if the child must be ended. Supports one waiter.
    func wait() async -> Bool {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Bool? in
                if state.reason != nil { return true }
                if state.isOver { return false }
                state.waiting = continuation
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
