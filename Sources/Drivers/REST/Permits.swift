public import AuraModel
internal import Locking

/// Lets a number of calls through at once, in the order in which they came.
public final class Permits: Sendable {
    private enum Turn: Sendable {
        case go
        case cancelled
    }

    private struct State {
        var free: Int
        var waiting: [Promise<Turn>] = []
    }

    private let state: Locked<State>
    private let maximumWaiting: Int

    public init(_ count: Int, maximumWaiting: Int = 4096) {
        state = Locked(State(free: max(count, 1)))
        self.maximumWaiting = maximumWaiting
    }

    /// Runs `body` when its turn has come. `what` names the call in an error: "list servers".
    public func run<Result>(
        _ what: String, _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await take(what)
        do {
            let result = try await body()
            giveBack()
            return result
        } catch {
            giveBack()
            throw error
        }
    }

    private func take(_ what: String) async throws(Failure) {
        let promise = Promise<Turn>()
        let isFull = state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                promise.answer(.go)
                return false
            }
            state.waiting.removeAll { $0.isAnswered }
            guard state.waiting.count < maximumWaiting else { return true }
            state.waiting.append(promise)
            return false
        }
        if isFull {
            throw Failure(.transient, code: "overloaded", message: "cannot \(what): too many calls wait already")
        }
        switch await promise.value(whenCancelled: .cancelled) {
        case .go: return
        case .cancelled: throw .cancelled(what)
        }
    }

    /// The next one in line goes; without one, the permit is free again.
    private func giveBack() {
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
