public import AuraModel
internal import Locking

/// Merges concurrent calls for the same value into one call.
///
/// The first caller makes the call, and the others wait for its result or its failure. If the first caller is
/// cancelled, the next waiting caller makes the call again.
public final class SingleFlight<Value: Sendable>: Sendable {
    private enum Outcome: Sendable {
        case lead
        case landed(Result<Value, Failure>)
        case cancelled
    }

    private struct State {
        var isFlying = false
        var waiting: [OneShot<Outcome>] = []
    }

    private let state = Locked(State())

    /// The number of callers that have waited for the call in progress since it began.
    public var callersWaiting: Int { state.withLock { $0.waiting.count } }

    /// Creates an idle flight.
    public init() {}

    /// Returns the result of `work`, executed by this caller or by the caller with the call in progress. `what`
    /// describes the call in errors.
    public func run(_ what: String, _ work: () async throws(Failure) -> Value) async throws(Failure) -> Value {
        switch await join() {
        case .cancelled: throw .cancelled(what)
        case .landed(let result): return try result.get()
        case .lead: break
        }
        do {
            let value = try await work()
            land(.success(value))
            return value
        } catch {
            if Task.isCancelled { handOver() } else { land(.failure(error)) }
            throw error
        }
    }

    private func join() async -> Outcome {
        let promise = OneShot<Outcome>()
        state.withLock { state in
            if state.isFlying {
                state.waiting.append(promise)
            } else {
                state.isFlying = true
                promise.set(.lead)
            }
        }
        return await promise.value(whenCancelled: .cancelled)
    }

    private func land(_ result: Result<Value, Failure>) {
        let waiting = state.withLock { state in
            state.isFlying = false
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for promise in waiting { promise.set(.landed(result)) }
    }

    private func handOver() {
        while let next = next() {
            if next.set(.lead) { return }
        }
    }

    private func next() -> OneShot<Outcome>? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.isFlying = false
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
