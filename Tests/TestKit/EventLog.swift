public import AuraModel
import Locking

/// Keeps the events that a store passes to its observer, and resumes the tests that wait for one.
public final class EventLog: Sendable {
    private struct Waiter {
        var matches: @Sendable (Event) -> Bool
        var continuation: CheckedContinuation<Event, any Error>
    }

    private struct State {
        var events: [Event] = []
        var lastTicket = 0
        var waiters: [Int: Waiter] = [:]
    }

    private let state = Locked(State())

    public init() {}

    public var events: [Event] { state.withLock { $0.events } }

    /// The observer itself: `store.observe(log.append)`.
    public func append(_ events: [Event]) {
        let satisfied = state.withLock { state -> [(Waiter, Event)] in
            state.events.append(contentsOf: events)
            var satisfied: [(Waiter, Event)] = []
            for (ticket, waiter) in state.waiters {
                guard let event = events.first(where: waiter.matches) else { continue }
                state.waiters[ticket] = nil
                satisfied.append((waiter, event))
            }
            return satisfied
        }
        for (waiter, event) in satisfied { waiter.continuation.resume(returning: event) }
    }

    /// Returns the first event that matches, past or future. Throws `CancellationError` when the task is cancelled.
    @discardableResult
    public func first(where matches: @escaping @Sendable (Event) -> Bool) async throws -> Event {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Event, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if let event = state.events.first(where: matches) { return .success(event) }
                    state.waiters[ticket] = Waiter(matches: matches, continuation: continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: ticket) }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Returns the first event of this type, of any job if `job` is `nil`.
    @discardableResult
    public func first(_ type: EventType, of job: JobID? = nil) async throws -> Event {
        try await first { $0.entry.type == type && (job == nil || $0.entry.job == job) }
    }
}
