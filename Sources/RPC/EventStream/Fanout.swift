import AuraModel
import JSONRPC
import Locking
import Logging
import Storage

/// Delivers every new event to the subscriptions that are up to date.
///
/// A single task delivers all events and never blocks on a client. A subscription leaves the table if its connection has no room;
/// it then catches up on its own. The fan-out has its own cursor. If it falls behind the ring, it reads the store once for all
/// subscriptions.
final class Fanout: Sendable {
    private enum Message: Sendable {
        case join(Subscription, Ending)
        case leave(SubscriptionNumber)
    }

    private let feed: EventFeed
    private let store: any Store
    private let time: any TimeSource
    private let logger: Logger
    /// Called with a subscription that must catch up or end.
    private let onLeave: @Sendable (Subscription, Ending) -> Void
    /// Called when the fan-out has released a subscription that must end: it sends no further event to it.
    private let onEnd: @Sendable (Subscription) -> Void
    private let messages = Locked<[Message]>([])

    /// Events that are taken from the feed at once.
    private static let page = 500
    /// The longest delay that ``rest(after:waiting:)`` adds to an event.
    private static let longestRest = Duration.milliseconds(10)
    /// The wait before the next attempt after the store could not be read.
    private static let pause = Duration.milliseconds(200)

    init(
        feed: EventFeed, store: any Store, time: any TimeSource, logger: Logger,
        onLeave: @escaping @Sendable (Subscription, Ending) -> Void,
        onEnd: @escaping @Sendable (Subscription) -> Void
    ) {
        self.feed = feed
        self.store = store
        self.time = time
        self.logger = logger
        self.onLeave = onLeave
        self.onEnd = onEnd
    }

    /// Adds a subscription that has every event up to its cursor.
    func join(_ subscription: Subscription, _ ending: Ending) {
        send(.join(subscription, ending))
    }

    /// Removes a subscription after its ``Ending`` was sent. Calls `onEnd` if the fan-out holds it; otherwise its catch-up ends it.
    func leave(_ number: SubscriptionNumber) {
        send(.leave(number))
    }

    /// Delivers until its task is cancelled.
    func run() async {
        var round = FanoutRound(position: feed.head, onLeave: onLeave)
        for await _ in feed.changes {
            takeMessages(&round)
            var began = time.uptime()
            while await deliverNext(&round), !Task.isCancelled {
                round.admitEarly(feed)
                takeMessages(&round)
                let rest = Self.rest(after: time.uptime() - began, waiting: feed.head - round.position)
                if rest > .zero { try? await time.sleep(for: rest) }
                began = time.uptime()
            }
        }
    }

    /// Returns how long to leave the processor to other tasks after a page that took `spent` to deliver, if `waiting` events
    /// are pending.
    ///
    /// At a high rate of events, one write with many events costs little more than a write with one. The rest lets events gather,
    /// so that delivery does not slow down the tasks that publish.
    static func rest(after spent: Duration, waiting: Int64) -> Duration {
        // A single event is delivered at once, and a full page gains nothing by a wait.
        waiting > 1 && waiting < page ? min(spent, longestRest) : .zero
    }

    private func send(_ message: Message) {
        messages.withLock { $0.append(message) }
        feed.nudge()
    }

    private func takeMessages(_ round: inout FanoutRound) {
        let taken = messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
        for message in taken {
            switch message {
            case .leave(let number):
                if let row = round.remove(number) { onEnd(row.subscription) }
            case .join(let subscription, let ending):
                // The end, and `leave` with it, may have been sent before this `join` was read.
                guard !ending.isOver else {
                    onEnd(subscription)
                    continue
                }
                round.admit(LiveTable.Row(ending: ending, subscription: subscription), feed)
            }
        }
    }

    /// Delivers the next page; returns false if there is no page.
    private func deliverNext(_ round: inout FanoutRound) async -> Bool {
        switch feed.events(after: round.position, limit: Self.page) {
        case .events(let events):
            round.deliver(events)
            return !events.isEmpty
        case .behind(let head):
            do {
                let missed = try await store.events(EventQuery(after: round.position, through: head, limit: Self.page))
                // A page that is not full holds all remaining events, even if the ledger skips numbers.
                let last = missed.count < Self.page ? head : missed.last?.seq ?? head
                round.deliver(missed.map(FeedEvent.init), through: last)
            } catch let error as StorageError where error.code == .cursorExpired {
                // Each subscription catches up on its own and sends `subscription.ended` with the reason.
                round.dismissAll(at: head)
            } catch {
                logger.warning("cannot read the ledger, trying again", metadata: ["error": "\(error)"])
                try? await time.sleep(for: Self.pause)
            }
            return true
        }
    }
}
