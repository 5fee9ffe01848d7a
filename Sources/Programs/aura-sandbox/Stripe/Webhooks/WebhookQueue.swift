import FoundationEssentials

/// The deliveries of events that are due now or later, and those in progress. Both are bounded.
struct WebhookQueue: Sendable {
    /// The delivery of one event to one endpoint.
    struct Delivery: Sendable {
        let event: String
        let endpoint: String
        /// The number of earlier attempts.
        var attempts = 0
    }

    /// The result of one attempt, for the state report.
    struct Attempt: Sendable {
        let event: String
        let type: String
        let endpoint: String
        let number: Int
        let isDelivered: Bool
        /// The status of the response, or the reason why there is none.
        let result: String
    }

    private var heap = EventHeap<Delivery>()
    /// The number of attempts in progress.
    private(set) var inProgress = 0
    /// The number of deliveries that the receiver confirmed.
    private(set) var delivered = 0
    /// The number of failed attempts.
    private(set) var failed = 0
    /// The number of deliveries that failed too often.
    private(set) var givenUp = 0
    /// The number of deliveries that did not fit into the queue.
    private(set) var dropped = 0
    /// The newest attempts.
    private(set) var attempts: [Attempt] = []

    private static let limit = 1_000_000
    private static let attemptLimit = 2_000

    /// The number of waiting deliveries.
    var waiting: Int { heap.count }

    /// Adds the first attempt of a delivery. A full queue drops it, and counts that.
    mutating func add(event: String, endpoint: String, due: Date) {
        guard heap.count < Self.limit else {
            dropped += 1
            return
        }
        heap.add(Delivery(event: event, endpoint: endpoint), at: due)
    }

    /// Returns the next delivery that is due, unless `limit` attempts are in progress. The caller must report its end.
    mutating func take(dueAt now: Date, limit: Int) -> Delivery? {
        guard inProgress < limit, let (_, delivery) = heap.take(dueAt: now) else { return nil }
        inProgress += 1
        return delivery
    }

    /// Records an attempt. A failed one is repeated at `retry`, or given up if that is `nil`.
    mutating func finish(_ delivery: Delivery, _ attempt: Attempt, retry: Date?) {
        inProgress -= 1
        if attempts.count >= Self.attemptLimit { attempts.removeFirst(Self.attemptLimit / 2) }
        attempts.append(attempt)
        guard !attempt.isDelivered else {
            delivered += 1
            return
        }
        failed += 1
        guard let retry else {
            givenUp += 1
            return
        }
        var next = delivery
        next.attempts += 1
        heap.add(next, at: retry)
    }

    /// Ends a delivery whose event or endpoint no longer exists.
    mutating func discard() { inProgress -= 1 }
}
