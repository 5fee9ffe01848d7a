import Locking

/// Says once that something is to end.
final class Ending: Sendable {
    fileprivate struct State {
        var isOver = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Locked(State())

    var isOver: Bool { state.withLock { $0.isOver } }

    func send() {
        state.withLock { state in
            state.isOver = true
            return state.takeWaiter()
        }?.resume()
    }

    /// Returns once it was said, or the task is cancelled. One waiter at a time.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.isOver || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.takeWaiter() }?.resume()
        }
    }
}

extension Ending.State {
    mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
        defer { waiter = nil }
        return waiter
    }
}
