public import AuraModel
import Locking

/// A clock that moves only when a test moves it.
///
/// A sleeping task wakes when ``advance(by:)`` passes the end of its sleep. To move the time only after the other tasks
/// have gone to sleep, wait for ``sleepers(atLeast:)`` first.
public final class ManualTime: TimeSource {
    private struct Sleeper {
        var until: Timestamp
        var continuation: CheckedContinuation<Void, any Error>
    }

    private enum Condition {
        case sleeping(atLeast: Int)
        case slept(moreThan: Int)
    }

    private struct Watcher {
        var condition: Condition
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Timestamp
        var lastTicket = 0
        var sleepers: [Int: Sleeper] = [:]
        /// The number of sleeps that have begun so far.
        var sleeps = 0
        var watchers: [Int: Watcher] = [:]

        mutating func ticket() -> Int {
            lastTicket += 1
            return lastTicket
        }

        func holds(_ condition: Condition) -> Bool {
            switch condition {
            case .sleeping(let count): sleepers.count >= count
            case .slept(let count): sleeps > count
            }
        }

        /// Removes and returns the watchers whose condition holds now.
        mutating func satisfiedWatchers() -> [Watcher] {
            let satisfied = watchers.filter { holds($0.value.condition) }
            for ticket in satisfied.keys { watchers[ticket] = nil }
            return Array(satisfied.values)
        }
    }

    private let state: Locked<State>

    /// - Parameter milliseconds: the first time of the clock, in milliseconds since 1970. The default is in November
    ///   2026.
    public init(milliseconds: Int64 = 1_795_176_000_000) {
        state = Locked(State(now: Timestamp(milliseconds: milliseconds)))
    }

    public func now() -> Timestamp {
        state.withLock { $0.now }
    }

    public func sleep(for duration: Duration) async throws {
        let ticket = state.withLock { $0.ticket() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let watchers = state.withLock { state -> [Watcher]? in
                    if Task.isCancelled { return nil }
                    state.sleeps += 1
                    state.sleepers[ticket] = Sleeper(until: state.now + duration, continuation: continuation)
                    return state.satisfiedWatchers()
                }
                guard let watchers else { return continuation.resume(throwing: CancellationError()) }
                for watcher in watchers { watcher.continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: ticket) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves the clock and wakes the tasks whose sleep has ended, in the order in which their sleeps end.
    public func advance(by duration: Duration) {
        let woken = state.withLock { state in
            let now = state.now + duration
            state.now = now
            let due = state.sleepers.filter { $0.value.until <= now }
            for ticket in due.keys { state.sleepers[ticket] = nil }
            return due.values.sorted { $0.until < $1.until }
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Moves the clock to `moment`. Does nothing if the clock is there or later.
    public func advance(to moment: Timestamp) {
        advance(by: max(moment - now(), .zero))
    }

    /// Returns once at least `count` tasks sleep. Throws `CancellationError` when the task is cancelled.
    public func sleepers(atLeast count: Int) async throws {
        try await wait(for: .sleeping(atLeast: count))
    }

    /// The number of sleeps that have begun so far.
    public var sleeps: Int { state.withLock { $0.sleeps } }

    /// Returns once more than `count` sleeps have begun, which shows that a task has woken, checked and gone to sleep
    /// again.
    public func sleeps(moreThan count: Int) async throws {
        try await wait(for: .slept(moreThan: count))
    }

    private func wait(for condition: Condition) async throws {
        let ticket = state.withLock { $0.ticket() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.holds(condition) { return .success(()) }
                    state.watchers[ticket] = Watcher(condition: condition, continuation: continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let watcher = state.withLock { $0.watchers.removeValue(forKey: ticket) }
            watcher?.continuation.resume(throwing: CancellationError())
        }
    }
}
