import AuraModel
import JSONRPC
import Locking
import Logging
import Storage

/// Hands every new event to the subscriptions that are up to date.
///
/// One task does, and it never waits for a client: a subscription whose connection has no room leaves the table, and catches up by
/// itself. It has its own place in the ledger; where it falls behind the ring, it reads the store, once for all.
final class Fanout: Sendable {
    private enum Message: Sendable {
        case join(Subscription, Ending)
        case leave(SubscriptionNumber)
    }

    private let feed: EventFeed
    private let store: any Store
    private let time: any TimeSource
    private let logger: Logger
    /// Takes back a subscription that has to catch up, or to end.
    private let onLeave: @Sendable (Subscription, Ending) -> Void
    /// Called when the fan-out has released a subscription that must end: it sends no further event to it.
    private let onEnd: @Sendable (Subscription) -> Void
    private let messages = Locked<[Message]>([])

    /// Events that are taken in one go.
    private static let page = 500
    /// What an event may come later by than it could.
    private static let longestRest = Duration.milliseconds(10)
    /// How long to wait for a store that cannot be read.
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

    /// Takes a subscription that has everything up to its cursor.
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

    /// How long to leave others the processor after a page that took `spent`, while so many events wait.
    ///
    /// Where events come faster than they are handed out one by one, many in one write cost little more than one, and who makes them is
    /// not to be slowed by those who listen.
    static func rest(after spent: Duration, waiting: Int64) -> Duration {
        // One is handed out at once, and a full page gains nothing by waiting.
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
                // The end may have been sent, and `leave` with it, while the subscription was on its way here.
                guard !ending.isOver else {
                    onEnd(subscription)
                    continue
                }
                round.admit(LiveTable.Row(ending: ending, subscription: subscription), feed)
            }
        }
    }

    /// Delivers the next page; false where there is none.
    private func deliverNext(_ round: inout FanoutRound) async -> Bool {
        switch feed.events(after: round.position, limit: Self.page) {
        case .events(let events):
            round.deliver(events)
            return !events.isEmpty
        case .behind(let head):
            do {
                let missed = try await store.events(EventQuery(after: round.position, through: head, limit: Self.page))
                // A page that is not full has all there is, whatever numbers the ledger leaves out.
                let last = missed.count < Self.page ? head : missed.last?.seq ?? head
                round.deliver(missed.map(FeedEvent.init), through: last)
            } catch let error as StorageError where error.code == .cursorExpired {
                // They find out by themselves what they missed, and say so.
                round.dismissAll(at: head)
            } catch {
                logger.warning("cannot read the ledger, trying again", metadata: ["error": "\(error)"])
                try? await time.sleep(for: Self.pause)
            }
            return true
        }
    }
}
