internal import Locking

/// Tells a run to end its child, once, with the first reason given.
final class StopSignal: Sendable {
    private struct State {
        var reason: ChildProcess.Ending?
        var isOver = false
        var waiting: CheckedContinuation<Bool, Never>?
    }

    private let state = Locked(State())

    /// Why the child was ended, once it was.
    var reason: ChildProcess.Ending? { state.withLock { $0.reason } }

    /// The child is to be ended. Later reasons, and those after its end, change nothing.
    func raise(_ reason: ChildProcess.Ending) {
        let waiting = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.reason == nil, !state.isOver else { return nil }
            state.reason = reason
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: true)
    }

    /// The child ended by itself.
    func over() {
        let waiting = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            state.isOver = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: false)
    }

    /// Waits for either: true where the child is to be ended. For one waiter.
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
