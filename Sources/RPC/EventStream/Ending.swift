import Locking

/// A one-shot signal that something must end, or has ended. It has at most one waiter at a time.
final class Ending: Sendable {
    fileprivate struct State {
        var isOver = false
        var saidLastWord = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Locked(State())

    var isOver: Bool { state.withLock { $0.isOver } }

    /// True if the ended subscription has sent `subscription.ended` to its client.
    var saidLastWord: Bool { state.withLock { $0.saidLastWord } }

    func send(saidLastWord: Bool = false) {
        state.withLock { state in
            state.isOver = true
            state.saidLastWord = saidLastWord
            return state.takeWaiter()
        }?.resume()
    }

    /// Returns once the signal was sent or the task is cancelled.
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
