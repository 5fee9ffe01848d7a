import Locking

/// Holds tasks at named places until the test lets them go, and tells when they have come.
public final class Gate: Sendable {
    private struct Waiting {
        var name: String
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watching {
        var name: String
        var count: Int
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var lastTicket = 0
        var open: Set<String> = []
        var isAbandoned = false
        var arrivals: [String: Int] = [:]
        var waiting: [Int: Waiting] = [:]
        var watching: [Int: Watching] = [:]

        mutating func ticket() -> Int {
            lastTicket += 1
            return lastTicket
        }

        /// Counts an arrival; returns those who waited for it.
        mutating func arrive(_ name: String) -> [Watching] {
            arrivals[name, default: 0] += 1
            let present = arrivals[name, default: 0]
            let satisfied = watching.filter { $0.value.name == name && $0.value.count <= present }
            for ticket in satisfied.keys { watching[ticket] = nil }
            return Array(satisfied.values)
        }
    }

    private let state = Locked(State())

    public init() {}

    /// Waits at the gate until it opens; throws `CancellationError` as soon as the task is cancelled.
    public func pass(_ name: String = "") async throws {
        let (ticket, watchers) = state.withLock { ($0.ticket(), $0.arrive(name)) }
        for watcher in watchers { watcher.continuation.resume() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.isAbandoned || state.open.contains(name) { return .success(()) }
                    state.waiting[ticket] = Waiting(name: name, continuation: continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiting = state.withLock { $0.waiting.removeValue(forKey: ticket) }
            waiting?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Waits at the gate whatever happens to the task, as a call that cannot be broken off does.
    public func passStubbornly(_ name: String = "") async {
        await Task { try? await self.pass(name) }.value
    }

    /// How often somebody has come to the gate.
    public func arrivals(_ name: String = "") -> Int {
        state.withLock { $0.arrivals[name, default: 0] }
    }

    /// Returns once somebody has come to the gate `count` times.
    public func arrived(_ name: String = "", count: Int = 1) async throws {
        let ticket = state.withLock { $0.ticket() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.arrivals[name, default: 0] >= count { return .success(()) }
                    state.watching[ticket] = Watching(name: name, count: count, continuation: continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let watching = state.withLock { $0.watching.removeValue(forKey: ticket) }
            watching?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Lets go of everybody, wherever they wait or will come to: a test that failed keeps nobody.
    public func abandon() {
        let released = state.withLock { state in
            state.isAbandoned = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for waiting in released { waiting.continuation.resume() }
    }

    /// Lets go of all who wait at the gate, and of all who will come.
    public func open(_ name: String = "") {
        let released = state.withLock { state in
            state.open.insert(name)
            let released = state.waiting.filter { $0.value.name == name }
            for ticket in released.keys { state.waiting[ticket] = nil }
            return released.values
        }
        for waiting in released { waiting.continuation.resume() }
    }
}
