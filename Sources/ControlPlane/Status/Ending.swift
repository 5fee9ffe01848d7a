import Locking

/// Says once that something is to end, or has ended.
final class Ending: Sendable {
    fileprivate struct State {
        var isOver = false
        var saidLastWord = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Locked(State())

    var isOver: Bool { state.withLock { $0.isOver } }

    /// Whether a subscription that has ended told its client so itself.
    var saidLastWord: Bool { state.withLock { $0.saidLastWord } }

    func send(saidLastWord: Bool = false) {
        state.withLock { state in
            state.isOver = true
            state.saidLastWord = saidLastWord
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
