import Locking

/// A one-shot signal that any number of tasks can wait for.
public final class Signal: Sendable {
    private struct State {
        var isRaised = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())

    public init() {}

    public func raise() {
        let waiting = state.withLock { state in
            state.isRaised = true
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns once the signal was raised. Cancellation does not end the wait.
    public func wait() async {
        await withCheckedContinuation { continuation in
            let isRaised = state.withLock { state in
                if !state.isRaised { state.waiting.append(continuation) }
                return state.isRaised
            }
            if isRaised { continuation.resume() }
        }
    }
}

/// A counter that only increases. Tasks can wait until it has reached a value.
public final class Counter: Sendable {
    private struct State {
        var value = 0
        var waiting: [(target: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Locked(State())

    public init() {}

    public var value: Int { state.withLock { $0.value } }

    /// Adds one and returns the new value.
    @discardableResult
    public func add() -> Int {
        let (value, ready) = state.withLock { state in
            state.value += 1
            let value = state.value
            let ready = state.waiting.filter { $0.target <= value }
            state.waiting.removeAll { $0.target <= value }
            return (value, ready)
        }
        for entry in ready { entry.continuation.resume() }
        return value
    }

    public func wait(until target: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.value < target { state.waiting.append((target, continuation)) }
                return state.value >= target
            }
            if isReached { continuation.resume() }
        }
    }
}
