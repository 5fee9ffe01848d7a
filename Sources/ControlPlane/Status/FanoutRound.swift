import AuraModel
import JSONRPC

/// What the fan-out's task holds: the subscriptions that are up to date, and how far they are.
///
/// A page of events is handed out audience by audience and connection by connection: what is the same for many is written down once, and each
/// connection gets its part of the page in one write.
struct FanoutRound {
    /// Every event up to here was handed out.
    private(set) var position: Int64
    private var table = LiveTable()
    /// Those who are further than the round.
    private var early: [SubscriptionNumber: LiveTable.Row] = [:]
    private let onLeave: @Sendable (Subscription, Ending) -> Void
    /// Where bookmarks were last looked at.
    private var looked: Int64
    /// What goes to one connection; kept, so that its memory is.
    private var lines: [UInt8] = []

    init(position: Int64, onLeave: @escaping @Sendable (Subscription, Ending) -> Void) {
        self.position = position
        self.onLeave = onLeave
        looked = position
    }

    /// Takes a row in, and gives it what the others were given since its place.
    ///
    /// A row that is further than the round (it has read the store, which knows of events before the feed does) waits for it.
    mutating func admit(_ row: LiveTable.Row, _ feed: EventFeed) {
        row.subscription.wasLive = true
        let cursor = row.subscription.cursor
        guard cursor <= position else {
            early[row.number] = row
            return
        }
        table.insert(row)
        guard cursor < position else { return }
        switch feed.events(after: cursor, limit: Int(position - cursor)) {
        case .behind: dismiss(row, after: cursor)
        case .events(let events):
            // Not by its place in the table: these are events of all kinds.
            var page = EventPage(events.filter { $0.seq <= position && row.subscription.wants($0.event) })
            hand(&page, Array(page.events.indices), to: row)
            guard table.contains(row.number) else { return }
            // The next look at bookmarks comes with later events, of which there may be none.
            row.subscription.cursor = position
            tellBookmark(row)
        }
    }

    /// Takes in those who waited for the round.
    mutating func admitEarly(_ feed: EventFeed) {
        for row in early.values where row.subscription.cursor <= position {
            early[row.number] = nil
            admit(row, feed)
        }
    }

    /// Removes a subscription; `nil` if it is not here.
    mutating func remove(_ number: SubscriptionNumber) -> LiveTable.Row? {
        early.removeValue(forKey: number) ?? table.remove(number)
    }

    /// Delivers a page: events in order, all there are up to its last one.
    mutating func deliver(_ events: [FeedEvent]) {
        deliver(events, through: events.last?.seq ?? position)
    }

    /// Delivers a page: events in order, all there are up to `last`.
    mutating func deliver(_ events: [FeedEvent], through last: Int64) {
        let before = position
        guard last > before else { return }
        var page = EventPage(events)
        var wanted: [LiveTable.Place: [Int]] = [:]
        for (index, event) in events.enumerated() where event.seq > before {
            for place in table.places(for: event) { wanted[place, default: []].append(index) }
        }
        position = last
        for (place, indices) in wanted {
            for audience in table[place] {
                if audience.sharesLines {
                    hand(&page, indices, toAll: audience, after: before)
                } else {
                    for row in audience.rows { hand(&page, indices, to: row) }
                }
            }
        }
        tellBookmarks()
    }

    /// Lets everybody go to catch up, and goes on at `seq`.
    mutating func dismissAll(at seq: Int64) {
        for row in table.all { dismiss(row, after: position) }
        position = seq
    }

    /// Hands the same lines to everybody, as far as there is room.
    private mutating func hand(
        _ page: inout EventPage, _ wanted: [Int], toAll audience: LiveTable.Audience, after before: Int64
    ) {
        guard let somebody = audience.rows.first?.subscription else { return }
        guard (try? page.prepare(wanted)) != nil else {
            for row in audience.rows { dismiss(row, after: before) }
            return
        }
        var next = 0
        while next < wanted.count {
            let first = next
            _ = fillLines(page, wanted, &next, somebody)
            let last = page.events[wanted[next - 1]].seq
            for row in lines.withUnsafeBytes({ audience.offer($0, last: last) }) {
                dismiss(row, after: page.events[wanted[first]].seq - 1)
            }
        }
    }

    /// Hands a row what it wants of a page, as far as its connection has room and its subscription goes.
    private mutating func hand(_ page: inout EventPage, _ indices: [Int], to row: LiveTable.Row) {
        let wanted = indices.filter { row.subscription.wants(page.events[$0].event) }
        guard (try? page.prepare(wanted)) != nil else {
            // What cannot be written down is told by whoever catches up.
            return dismiss(row, after: row.subscription.cursor)
        }
        var next = 0
        while next < wanted.count {
            let first = next
            let goesOn = fillLines(page, wanted, &next, row.subscription)
            guard lines.withUnsafeBytes({ row.subscription.session.offer(lines: $0) }) == .queued else {
                return dismiss(row, after: page.events[wanted[first]].seq - 1)
            }
            let last = page.events[wanted[next - 1]].seq
            row.subscription.delivered(last, count: Int64(next - first))
            guard goesOn else { return dismiss(row, after: last) }
        }
    }

    /// Writes lines from `next` on; false where the last of them may be the subscription's last.
    private mutating func fillLines(
        _ page: EventPage, _ wanted: [Int], _ next: inout Int, _ subscription: borrowing Subscription
    ) -> Bool {
        lines.removeAll(keepingCapacity: true)
        let first = next
        let limit = subscription.remaining.map { Int(clamping: $0) } ?? .max
        while next < wanted.count, lines.count < Subscription.lineBytes {
            let index = wanted[next]
            page.append(index, for: subscription, to: &lines)
            next += 1
            if next - first >= limit { return false }
            if subscription.endsWhenTerminal, page.events[index].event.entry.type.endsJob { return false }
        }
        return true
    }

    /// Lets a row go to catch up; it has looked at everything up to `seq`.
    private mutating func dismiss(_ row: LiveTable.Row, after seq: Int64) {
        table.remove(row.number)
        row.subscription.cursor = max(row.subscription.cursor, seq)
        onLeave(row.subscription, row.ending)
    }

    /// Tells those to whom nothing was sent for long how far the ledger is.
    private mutating func tellBookmarks() {
        guard position - looked >= Subscription.eventsToBookmark / 4 else { return }
        looked = position
        for row in table.all {
            row.subscription.cursor = position
            tellBookmark(row)
        }
    }

    private func tellBookmark(_ row: LiveTable.Row) {
        guard row.subscription.isQuiet, let text = try? row.subscription.message(row.subscription.bookmark) else {
            return
        }
        if row.subscription.session.offer(text) == .queued { row.subscription.told = row.subscription.cursor }
    }
}
