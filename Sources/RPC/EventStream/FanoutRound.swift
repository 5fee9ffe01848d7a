import AuraModel
import JSONRPC

/// The state of the fan-out's task: the subscriptions that are up to date, and the cursor of the fan-out.
///
/// A page of events is delivered by subscriber group and by connection. Notifications that are the same for a group are encoded
/// once. Each connection gets its part of the page in one write.
struct FanoutRound {
    /// The `seq` up to which every event was delivered.
    private(set) var position: Int64
    private var table = LiveTable()
    /// Subscriptions with a cursor after `position`.
    private var early: [SubscriptionNumber: LiveTable.Row] = [:]
    private let onLeave: @Sendable (Subscription, Ending) -> Void
    /// The value of `position` at the last check for bookmarks.
    private var looked: Int64
    /// The lines for one connection. The buffer is reused, so that its memory is allocated once.
    private var lines: [UInt8] = []

    init(position: Int64, onLeave: @escaping @Sendable (Subscription, Ending) -> Void) {
        self.position = position
        self.onLeave = onLeave
        looked = position
    }

    /// Adds a row and delivers the events between its cursor and `position`.
    ///
    /// A row with a cursor after `position` waits until the fan-out reaches it. Its catch-up has read the store, which has events
    /// before the feed does.
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
            // The filter is checked for each event: the feed returns events of every job, instance and tenant.
            var page = EventPage(events.filter { $0.seq <= position && row.subscription.wants($0.event) })
            hand(&page, Array(page.events.indices), to: row)
            guard table.contains(row.number) else { return }
            // The next check for bookmarks comes with later events, and there may be none.
            row.subscription.cursor = position
            tellBookmark(row)
        }
    }

    /// Adds the early rows that `position` has reached.
    mutating func admitEarly(_ feed: EventFeed) {
        for row in early.values where row.subscription.cursor <= position {
            early[row.number] = nil
            admit(row, feed)
        }
    }

    /// Removes a subscription and returns its row, or `nil` if the fan-out does not hold it.
    mutating func remove(_ number: SubscriptionNumber) -> LiveTable.Row? {
        early.removeValue(forKey: number) ?? table.remove(number)
    }

    /// Delivers a page: all events after `position`, in order, up to the last one of the page.
    mutating func deliver(_ events: [FeedEvent]) {
        deliver(events, through: events.last?.seq ?? position)
    }

    /// Delivers a page: all events after `position`, in order, up to `last`.
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
            for group in table[place] {
                if group.sharesLines {
                    hand(&page, indices, toAll: group, after: before)
                } else {
                    for row in group.rows { hand(&page, indices, to: row) }
                }
            }
        }
        tellBookmarks()
    }

    /// Dismisses every subscription to catch up, and continues at `seq`.
    mutating func dismissAll(at seq: Int64) {
        for row in table.all { dismiss(row, after: position) }
        position = seq
    }

    /// Offers the same lines to every row of a subscriber group. A row with no room is dismissed.
    private mutating func hand(
        _ page: inout EventPage, _ wanted: [Int], toAll group: LiveTable.SubscriberGroup, after before: Int64
    ) {
        guard let somebody = group.rows.first?.subscription else { return }
        guard (try? page.prepare(wanted)) != nil else {
            for row in group.rows { dismiss(row, after: before) }
            return
        }
        var next = 0
        while next < wanted.count {
            let first = next
            _ = fillLines(page, wanted, &next, somebody)
            let last = page.events[wanted[next - 1]].seq
            for row in lines.withUnsafeBytes({ group.offer($0, last: last) }) {
                dismiss(row, after: page.events[wanted[first]].seq - 1)
            }
        }
    }

    /// Offers a row the events that it wants, as far as its connection has room and its subscription continues.
    private mutating func hand(_ page: inout EventPage, _ indices: [Int], to row: LiveTable.Row) {
        let wanted = indices.filter { row.subscription.wants(page.events[$0].event) }
        guard (try? page.prepare(wanted)) != nil else {
            // The catch-up meets the same encoding error, logs it and closes the connection.
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

    /// Encodes lines from `next` on; returns false if the last line may be the subscription's last event.
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

    /// Removes a row and returns its subscription to catch-up. The subscription has checked every event up to `seq`.
    private mutating func dismiss(_ row: LiveTable.Row, after seq: Int64) {
        table.remove(row.number)
        row.subscription.cursor = max(row.subscription.cursor, seq)
        onLeave(row.subscription, row.ending)
    }

    /// Sends a bookmark to the subscriptions that were sent nothing for a long stretch of the ledger.
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
