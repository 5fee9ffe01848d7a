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
        case join(SubscriptionKey, Ending, Subscription)
        case leave(SubscriptionKey)
    }

    private let feed: EventFeed
    private let store: any Store
    private let time: any TimeSource
    private let logger: Logger
    /// Takes back a subscription that has to catch up, or to end.
    private let onLeave: @Sendable (Subscription, Ending) -> Void
    private let messages = Locked<[Message]>([])

    /// Events that are taken in one go.
    private static let page = 500
    /// How long to wait for a store that cannot be read.
    private static let pause = Duration.milliseconds(200)

    init(
        feed: EventFeed, store: any Store, time: any TimeSource, logger: Logger,
        onLeave: @escaping @Sendable (Subscription, Ending) -> Void
    ) {
        self.feed = feed
        self.store = store
        self.time = time
        self.logger = logger
        self.onLeave = onLeave
    }

    /// Takes a subscription that has everything up to its cursor.
    func join(_ key: SubscriptionKey, _ ending: Ending, _ subscription: Subscription) {
        send(.join(key, ending, subscription))
    }

    /// Forgets a subscription.
    func leave(_ key: SubscriptionKey) {
        send(.leave(key))
    }

    /// Delivers until its task is cancelled.
    func run() async {
        var round = Round(position: feed.head, onLeave: onLeave)
        for await _ in feed.changes {
            takeMessages(&round)
            while await deliverNext(&round), !Task.isCancelled { takeMessages(&round) }
        }
    }

    private func send(_ message: Message) {
        messages.withLock { $0.append(message) }
        feed.nudge()
    }

    private func takeMessages(_ round: inout Round) {
        let taken = messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
        for message in taken {
            switch message {
            case .leave(let key): round.table.remove(key)
            case .join(let key, let ending, let subscription):
                // One that is over by now has had its `leave` before.
                guard !ending.isOver else { continue }
                round.admit(LiveTable.Row(key: key, ending: ending, subscription: subscription), feed)
            }
        }
    }

    /// Delivers the next page; false where there is none.
    private func deliverNext(_ round: inout Round) async -> Bool {
        switch feed.events(after: round.position, limit: Self.page) {
        case .events(let events):
            for event in events { round.deliver(event) }
            round.tellBookmarks()
            return !events.isEmpty
        case .behind(let head):
            do {
                let missed = try await store.events(EventQuery(after: round.position, through: head, limit: Self.page))
                for event in missed { round.deliver(FeedEvent(event)) }
                round.tellBookmarks()
            } catch let error as StorageError where error.code == .cursorExpired {
                // They find out by themselves what they missed, and say so.
                round.dismissAll()
                round.position = head
            } catch {
                logger.warning("cannot read the ledger, trying again", metadata: ["error": "\(error)"])
                try? await time.sleep(for: Self.pause)
            }
            return true
        }
    }
}

/// What the fan-out's task holds.
private struct Round {
    /// Every event up to here was handed out.
    var position: Int64
    var table = LiveTable()
    let onLeave: @Sendable (Subscription, Ending) -> Void
    /// Where bookmarks were last looked at.
    private var looked: Int64

    init(position: Int64, onLeave: @escaping @Sendable (Subscription, Ending) -> Void) {
        self.position = position
        self.onLeave = onLeave
        looked = position
    }

    /// Takes a row in, after what the table was given since its place.
    mutating func admit(_ row: LiveTable.Row, _ feed: EventFeed) {
        row.subscription.wasLive = true
        table.insert(row)
        let cursor = row.subscription.cursor
        guard cursor < position else { return }
        switch feed.events(after: cursor, limit: Int(position - cursor)) {
        case .behind: dismiss(row, after: cursor)
        case .events(let events):
            for event in events where event.seq <= position && row.subscription.wants(event.event) {
                guard Round.offer(event, to: row) else { return dismiss(row, after: event.seq - 1) }
            }
        }
    }

    mutating func deliver(_ event: FeedEvent) {
        guard event.seq > position else { return }
        var leaving: [LiveTable.Row] = []
        table.forEach(for: event.event) { row in
            guard row.subscription.wants(event.event) else { return }
            if !Round.offer(event, to: row) { leaving.append(row) }
        }
        position = event.seq
        for row in leaving { dismiss(row, after: event.seq - 1) }
    }

    /// Offers an event; false where the row has to leave.
    private static func offer(_ event: FeedEvent, to row: LiveTable.Row) -> Bool {
        guard !row.ending.isOver, (try? row.subscription.offer(event)) == .queued else { return false }
        let isEnough = row.subscription.remaining.map { $0 <= 0 } ?? false
        return !isEnough && !(row.subscription.endsWhenTerminal && event.event.entry.type.endsJob)
    }

    /// Lets a row go to catch up; it has looked at everything up to `seq`.
    private mutating func dismiss(_ row: LiveTable.Row, after seq: Int64) {
        table.remove(row.key)
        row.subscription.cursor = max(row.subscription.cursor, seq)
        onLeave(row.subscription, row.ending)
    }

    mutating func dismissAll() {
        for row in table.all { dismiss(row, after: position) }
    }

    /// Tells those to whom nothing was sent for long how far the ledger is.
    mutating func tellBookmarks() {
        guard position - looked >= Subscription.eventsToBookmark / 4 else { return }
        looked = position
        for row in table.all {
            row.subscription.cursor = position
            guard row.subscription.isQuiet, let text = try? row.subscription.message(row.subscription.bookmark) else {
                continue
            }
            if row.session.offer(text) == .queued { row.subscription.told = position }
        }
    }
}

extension LiveTable.Row {
    fileprivate var session: Session { subscription.session }
}
