import AuraAPI
public import AuraModel
import DequeModule
import JSON
import Locking

/// Keeps the newest events of the ledger in memory for its followers.
///
/// The store publishes every commit in order. A publication appends to a ring; its cost does not depend on the number
/// of followers. A follower asks for the events after its own cursor. A follower that fell behind the ring reads the
/// store, so it never delays a publisher.
public final class EventFeed: Sendable {
    enum Batch: Sendable {
        /// Events in order and without gaps, from the one right after the cursor. Empty if there is no newer event.
        case events([FeedEvent])
        /// The cursor is older than the ring: the follower must read the store up to this `seq`, then ask again.
        case behind(head: Int64)
    }

    fileprivate struct State {
        var ring: Deque<FeedEvent> = []
        var head: Int64
        /// Continuations that wait for the end of a job, by job and by waiter id.
        var waiters: [JobID: [Int: CheckedContinuation<Void, Never>]] = [:]
        var madeWaiters = 0
    }

    /// Yields after a publication or a signal; several of them may yield one element. Supports one consumer.
    let changes: AsyncStream<Void>

    private let capacity: Int
    private let state: Locked<State>
    private let changing: AsyncStream<Void>.Continuation

    /// `head` is the `seq` of the newest event that committed before the feed was attached. `capacity` is the largest
    /// number of events in the ring.
    public init(head: Int64, capacity: Int = 8192) {
        self.capacity = capacity
        state = Locked(State(head: head))
        (changes, changing) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package var head: Int64 { state.withLock { $0.head } }

    /// Appends the events of one commit or of several. Events that the feed already has are skipped.
    ///
    /// Numbers may be missing if another process wrote to the database. The ring is then emptied and starts after the
    /// gap, and followers read the missing events from the store.
    public func publish(_ events: [Event]) {
        let ended = state.withLock { state in state.publish(events, capacity: capacity) }
        changing.yield()
        for waiter in ended { waiter.resume() }
    }

    /// Wakes the follower although nothing was published.
    func signal() {
        changing.yield()
    }

    /// Returns the events after `seq`, at most `limit`.
    func events(after seq: Int64, limit: Int) -> Batch {
        state.withLock { state in
            guard seq < state.head else { return .events([]) }
            guard let first = state.ring.first?.event.seq, first <= seq + 1 else { return .behind(head: state.head) }
            let start = Int(seq + 1 - first)
            return .events(Array(state.ring[start..<min(start + limit, state.ring.count)]))
        }
    }
}

// MARK: - The ends of jobs

extension EventFeed {
    /// Returns once `job` has ended after `seq`. May return early if the feed does not have all events after `seq`, so
    /// the caller must check the job's row. Throws `CancellationError`.
    package func untilEnd(of job: JobID, after seq: Int64) async throws {
        let id = state.withLock { state in
            state.madeWaiters += 1
            return state.madeWaiters
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let continues = state.withLock { state in
                    if Task.isCancelled || state.mayHaveEnded(job, after: seq) { return true }
                    state.waiters[job, default: [:]][id] = continuation
                    return false
                }
                if continues { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.takeWaiter(id, of: job) }?.resume()
        }
        try Task.checkCancellation()
    }
}

extension EventFeed.State {
    /// Appends the events to the ring. Returns the continuations that must be resumed.
    fileprivate mutating func publish(_ events: [Event], capacity: Int) -> [CheckedContinuation<Void, Never>] {
        let new = events.drop { [head] in $0.seq <= head }
        var hasGap = false
        for event in new where event.seq > head {
            if event.seq != head + 1 {
                hasGap = true
                ring.removeAll()
            }
            ring.append(FeedEvent(event))
            head = event.seq
        }
        ring.removeFirst(max(ring.count - capacity, 0))
        // Any job may have ended in the gap.
        guard hasGap else { return takeWaiters(for: new) }
        defer { waiters = [:] }
        return waiters.values.flatMap { $0.values.map(\.self) }
    }

    func mayHaveEnded(_ job: JobID, after seq: Int64) -> Bool {
        guard seq < head else { return false }
        guard let first = ring.first?.seq, first <= seq + 1 else { return true }
        return ring[Int(seq + 1 - first)...].contains { $0.event.entry.job == job && $0.event.entry.type.endsJob }
    }

    mutating func takeWaiter(_ id: Int, of job: JobID) -> CheckedContinuation<Void, Never>? {
        let waiter = waiters[job]?.removeValue(forKey: id)
        if waiters[job]?.isEmpty == true { waiters[job] = nil }
        return waiter
    }

    mutating func takeWaiters(for events: ArraySlice<Event>) -> [CheckedContinuation<Void, Never>] {
        guard !waiters.isEmpty else { return [] }
        let ended = events.compactMap { $0.entry.type.endsJob ? $0.entry.job : nil }
        return ended.flatMap { waiters.removeValue(forKey: $0)?.values.map(\.self) ?? [] }
    }
}

/// An event and its JSON text. The text is encoded on first use, and all subscribers share it.
final class FeedEvent: Sendable {
    let event: Event
    private let encoded = Locked<[UInt8]?>(nil)

    init(_ event: Event) {
        self.event = event
    }

    var seq: Int64 { event.seq }

    /// Returns the event as `status.event` carries it in `params.result`.
    func text() -> [UInt8] {
        encoded.withLock { encoded in
            if let encoded { return encoded }
            var json = JSONText(capacity: 512)
            EventView(event).write(to: &json)
            encoded = json.bytes
            return json.bytes
        }
    }
}

/// Events that are delivered together, with their JSON texts in one buffer. Each text is encoded once.
struct EventPage {
    let events: [FeedEvent]
    private var texts: [UInt8] = []
    /// The byte range of each event's text; empty until ``prepare(_:)`` has encoded it.
    private var ranges: [Range<Int>]

    init(_ events: [FeedEvent]) {
        self.events = events
        ranges = Array(repeating: 0..<0, count: events.count)
    }

    /// Encodes the texts of the events at these indices.
    mutating func prepare(_ indices: [Int]) {
        for index in indices where ranges[index].isEmpty {
            let text = events[index].text()
            ranges[index] = texts.count..<(texts.count + text.count)
            texts += text
        }
    }

    /// Appends the line that carries an event to a subscription. The event's text must be prepared.
    func append(_ index: Int, for subscription: Subscription, to lines: inout [UInt8]) {
        texts.withUnsafeBytes { subscription.write(UnsafeRawBufferPointer(rebasing: $0[ranges[index]]), to: &lines) }
    }
}
