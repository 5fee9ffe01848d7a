/// A semaphore that admits a limited number of tasks at a time, in the order of their calls.
public final class AsyncSemaphore: Sendable {
    /// The error of a task that was not admitted.
    public enum Refusal: Error, Sendable, Hashable {
        /// The task was cancelled while it waited.
        case cancelled
        /// The queue is full: it holds the maximum number of waiting tasks.
        case tooManyWait
    }

    private enum Admission: Sendable {
        case go
        case cancelled
    }

    private struct State {
        var free: Int
        var waiting: [OneShot<Admission>] = []
        /// The number of waiting tasks at which cancelled ones are next removed. A check of all waiting tasks at each
        /// call would take ever longer.
        var lookAt = 64

        mutating func removeCancelled() {
            waiting.removeAll { $0.isSet }
            lookAt = max(64, 2 * waiting.count)
        }
    }

    private let state: Locked<State>
    private let maximumWaiting: Int

    /// Creates a semaphore with `count` permits, at least one. At most `maximumWaiting` tasks can wait.
    public init(_ count: Int, maximumWaiting: Int = 4096) {
        state = Locked(State(free: max(count, 1)))
        self.maximumWaiting = maximumWaiting
    }

    /// Waits for a permit and takes it. The caller must return it with ``giveBack()``. Throws ``Refusal``.
    public func take() async throws(Refusal) {
        let admission = OneShot<Admission>()
        let isFull = state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                admission.set(.go)
                return false
            }
            if state.waiting.count >= min(state.lookAt, maximumWaiting) { state.removeCancelled() }
            guard state.waiting.count < maximumWaiting else { return true }
            state.waiting.append(admission)
            return false
        }
        if isFull { throw .tooManyWait }
        switch await admission.value(whenCancelled: .cancelled) {
        case .go: return
        case .cancelled: throw .cancelled
        }
    }

    /// The number of tasks that wait for a permit now.
    public var waiting: Int { state.withLock { $0.waiting.count { !$0.isSet } } }

    /// Gives the permit to the next waiting task. Without one, the permit becomes free.
    public func giveBack() {
        while let next = next() {
            if next.set(.go) { return }
        }
    }

    private func next() -> OneShot<Admission>? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
