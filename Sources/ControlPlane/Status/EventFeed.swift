public import AuraModel
import DequeModule
import Locking

/// The ledger's newest events in memory, for those who follow it.
///
/// The store hands every commit over in order; a follower asks for what comes after the place that it knows, and waits
/// where there is nothing yet. A follower that fell behind the ring reads the store instead, and so never holds up a
/// publisher.
public final class EventFeed: Sendable {
    enum Batch: Sendable {
        /// In order and gap-free, the first one right after the place that was asked for.
        case events([Event])
        /// Older than the ring: read the store up to this `seq`, then ask again.
        case behind(head: Int64)
    }

    private struct State {
        var ring: Deque<Event> = []
        var head: Int64
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    private let capacity: Int
    private let state: Locked<State>

    /// - Parameter head: the `seq` of the newest event that committed before the feed was attached.
    public init(head: Int64, capacity: Int = 8192) {
        self.capacity = capacity
        self.state = Locked(State(head: head))
    }

    var head: Int64 { state.withLock { $0.head } }

    /// Takes the events of one commit, or of several; what it has already is left out.
    public func publish(_ events: [Event]) {
        let waiters = state.withLock { state in
            let new = events.drop { [head = state.head] in $0.seq <= head }
            state.ring.append(contentsOf: new)
            state.head = new.last?.seq ?? state.head
            state.ring.removeFirst(max(state.ring.count - capacity, 0))
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// What follows `seq`, as soon as there is something. Throws `CancellationError` when the task is cancelled.
    func next(after seq: Int64, limit: Int) async throws -> Batch {
        while true {
            try Task.checkCancellation()
            if let batch = peek(after: seq, limit: limit) { return batch }
            await wait(after: seq)
        }
    }

    private func peek(after seq: Int64, limit: Int) -> Batch? {
        state.withLock { state in
            guard seq < state.head else { return nil }
            guard let first = state.ring.first?.seq, first <= seq + 1 else { return .behind(head: state.head) }
            let start = Int(seq + 1 - first)
            return .events(Array(state.ring[start..<min(start + limit, state.ring.count)]))
        }
    }

    private func wait(after seq: Int64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if seq < state.head || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
