/// Wakes one waiting task. Signals that are sent while no task waits are merged into one.
///
///     waiter:   wait() ──── returns          wait() returns at once
///     sender:         send()       send() send()
public final class AutoResetSignal: Sendable {
    private struct State {
        var isPending = false
        var waiter: CheckedContinuation<Void, Never>?

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
            defer { waiter = nil }
            return waiter
        }
    }

    private let state = Locked(State())

    /// Creates a signal that was not sent.
    public init() {}

    /// True if a task waits and no signal was sent since.
    public var isAwaited: Bool { state.withLock { $0.waiter != nil } }

    /// Wakes the waiting task. Without one, the next call of ``wait()`` returns at once.
    public func send() {
        let waiter = state.withLock { state in
            state.isPending = state.waiter == nil
            return state.takeWaiter()
        }
        waiter?.resume()
    }

    /// Returns at a signal or when the task is cancelled. Only one task at a time may wait.
    public func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.isPending || Task.isCancelled {
                        state.isPending = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.takeWaiter() }?.resume()
        }
    }
}
