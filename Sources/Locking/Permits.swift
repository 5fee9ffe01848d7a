/// Lets a number of tasks through at once, in the order in which they came.
public final class Permits: Sendable {
    /// Why a task was not let through.
    public enum Refusal: Error, Sendable, Hashable {
        /// The task was cancelled while it waited.
        case cancelled
        /// As many as may wait do so already.
        case tooManyWait
    }

    private enum Turn: Sendable {
        case go
        case cancelled
    }

    private struct State {
        var free: Int
        var waiting: [Promise<Turn>] = []
        /// How many wait when those who gave up are next looked for; to look at each of many for each that comes would take ever longer.
        var lookAt = 64

        mutating func forgetWhoGaveUp() {
            waiting.removeAll { $0.isAnswered }
            lookAt = max(64, 2 * waiting.count)
        }
    }

    private let state: Locked<State>
    private let maximumWaiting: Int

    /// Creates `count` permits, one at least.
    public init(_ count: Int, maximumWaiting: Int = 4096) {
        state = Locked(State(free: max(count, 1)))
        self.maximumWaiting = maximumWaiting
    }

    /// Takes a permit, as soon as there is one. Whoever has it owes a ``giveBack()``.
    public func take() async throws(Refusal) {
        let promise = Promise<Turn>()
        let isFull = state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                promise.answer(.go)
                return false
            }
            if state.waiting.count >= min(state.lookAt, maximumWaiting) { state.forgetWhoGaveUp() }
            guard state.waiting.count < maximumWaiting else { return true }
            state.waiting.append(promise)
            return false
        }
        if isFull { throw .tooManyWait }
        switch await promise.value(whenCancelled: .cancelled) {
        case .go: return
        case .cancelled: throw .cancelled
        }
    }

    /// How many wait for one now.
    public var waiting: Int { state.withLock { $0.waiting.count { !$0.isAnswered } } }

    /// The next one in line goes; without one, the permit is free again.
    public func giveBack() {
        while let next = next() {
            if next.answer(.go) { return }
        }
    }

    private func next() -> Promise<Turn>? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
