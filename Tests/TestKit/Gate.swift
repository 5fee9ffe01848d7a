import Locking

/// Holds tasks at named gates until the test opens them, and lets the test wait for their arrival.
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

        /// Counts an arrival, and returns the watchers that waited for it.
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

    /// Waits at the gate until it opens. Throws `CancellationError` as soon as the task is cancelled.
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

    /// Waits at the gate even if the task is cancelled, like a call that cannot be cancelled.
    public func passStubbornly(_ name: String = "") async {
        await Task { try? await self.pass(name) }.value
    }

    /// The number of times that tasks have arrived at the gate.
    public func arrivals(_ name: String = "") -> Int {
        state.withLock { $0.arrivals[name, default: 0] }
    }

    /// Returns once tasks have arrived at the gate `count` times.
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

    /// Releases all tasks at all gates, now and later, so that a failed test leaves no task waiting.
    public func abandon() {
        let released = state.withLock { state in
            state.isAbandoned = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for waiting in released { waiting.continuation.resume() }
    }

    /// Opens the gate: releases the tasks that wait at it and lets later ones pass.
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
