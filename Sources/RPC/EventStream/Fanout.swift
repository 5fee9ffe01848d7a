import AuraModel
import JSONRPC
import Locking
import Logging
import Storage

/// Delivers every new event to the subscriptions that are up to date.
///
/// A single task delivers all events and never blocks on a client. A subscription leaves the table if its connection
/// has no space, and then catches up on its own. The fan-out has its own cursor. If it falls behind the ring, it reads
/// the store once for all subscriptions.
final class Fanout: Sendable {
    private enum Message: Sendable {
        case join(Subscription, OneShot<Void>)
        case leave(SubscriptionNumber)
    }

    private let feed: EventFeed
    private let store: any Ledger
    private let time: any TimeSource
    private let logger: Logger
    /// Called with a subscription that must catch up or end.
    private let onLeave: @Sendable (Subscription, OneShot<Void>) -> Void
    /// Called with a subscription that must end, after the fan-out has sent it its last event.
    private let onEnd: @Sendable (Subscription) -> Void
    private let messages = Locked<[Message]>([])

    /// The largest number of events in one read of the feed or the store.
    private static let page = 500
    /// The longest delay that ``rest(after:waiting:)`` adds to an event.
    private static let longestRest = Duration.milliseconds(10)
    /// The wait before the next attempt after the store could not be read.
    private static let pause = Duration.milliseconds(200)

    init(
        feed: EventFeed, store: any Ledger, time: any TimeSource, logger: Logger,
        onLeave: @escaping @Sendable (Subscription, OneShot<Void>) -> Void,
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
    func join(_ subscription: Subscription, _ ending: OneShot<Void>) {
        send(.join(subscription, ending))
    }

    /// Removes a subscription after its `ending` was set. Calls `onEnd` if the fan-out holds it; otherwise its
    /// catch-up ends it.
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

    /// Returns how long to leave the processor to other tasks after a page that took `spent` to deliver, if `waiting`
    /// events are pending.
    ///
    /// At a high rate of events, one write with many events costs little more than a write with one. The rest lets
    /// events gather, so that delivery does not slow down the tasks that publish.
    static func rest(after spent: Duration, waiting: Int64) -> Duration {
        // A single event is delivered at once, and a full page gains nothing by a wait.
        waiting > 1 && waiting < page ? min(spent, longestRest) : .zero
    }

    private func send(_ message: Message) {
        messages.withLock { $0.append(message) }
        feed.signal()
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
                guard !ending.isSet else {
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
                // The events of all tenants: each subscription's filter has its own scope.
                let missed = try await store.events(
                    EventQuery(
                        filter: EventFilter(scope: .all), after: round.position, through: head, limit: Self.page))
                // A page that is not full holds all remaining events, even if the ledger skips numbers.
                let last = missed.count < Self.page ? head : missed.last?.seq ?? head
                round.deliver(missed.map(FeedEvent.init), through: last)
            } catch {
                if error.code == .cursorExpired {
                    // Each subscription catches up on its own and sends `subscription.ended` with the reason.
                    round.dismissAll(at: head)
                } else {
                    logger.warning("cannot read the ledger, trying again", metadata: ["error": "\(error)"])
                    try? await time.sleep(for: Self.pause)
                }
            }
            return true
        }
    }
}

/// The state of the fan-out's task: the subscriptions that are up to date, and the cursor of the fan-out.
///
/// A page of events is delivered by subscriber group and by connection. Notifications that are the same for a group
/// are encoded once. Each connection gets its part of the page in one write.
struct FanoutRound {
    /// The `seq` up to which every event was delivered.
    private(set) var position: Int64
    private var table = LiveTable()
    /// Subscriptions with a cursor after `position`.
    private var early: [SubscriptionNumber: LiveTable.Row] = [:]
    private let onLeave: @Sendable (Subscription, OneShot<Void>) -> Void
    /// The value of `position` at the last check for bookmarks.
    private var looked: Int64
    /// The lines for one connection. The buffer is reused, so that its memory is allocated once.
    private var lines: [UInt8] = []

    init(position: Int64, onLeave: @escaping @Sendable (Subscription, OneShot<Void>) -> Void) {
        self.position = position
        self.onLeave = onLeave
        looked = position
    }

    /// Adds a row and delivers the events between its cursor and `position`.
    ///
    /// A row with a cursor after `position` waits until the fan-out reaches it. Its catch-up has read the store, which
    /// has events before the feed does.
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
            // The bookmark is checked here, because the next check runs only when later events arrive.
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

    /// Hands every subscription to catch-up, and continues at `seq`.
    mutating func dismissAll(at seq: Int64) {
        for row in table.all { dismiss(row, after: position) }
        position = seq
    }

    /// Offers the same lines to every row of a subscriber group. A row with no space is dismissed.
    private mutating func hand(
        _ page: inout EventPage, _ wanted: [Int], toAll group: LiveTable.SubscriberGroup, after before: Int64
    ) {
        guard let somebody = group.rows.first?.subscription else { return }
        page.prepare(wanted)
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

    /// Offers a row the events that it wants, as far as its connection has space and its subscription continues.
    private mutating func hand(_ page: inout EventPage, _ indices: [Int], to row: LiveTable.Row) {
        let wanted = indices.filter { row.subscription.wants(page.events[$0].event) }
        page.prepare(wanted)
        var next = 0
        while next < wanted.count {
            let first = next
            let continues = fillLines(page, wanted, &next, row.subscription)
            guard lines.withUnsafeBytes({ row.subscription.session.offer(lines: $0) }) == .queued else {
                return dismiss(row, after: page.events[wanted[first]].seq - 1)
            }
            let last = page.events[wanted[next - 1]].seq
            row.subscription.delivered(last, count: Int64(next - first))
            guard continues else { return dismiss(row, after: last) }
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

    /// Removes a row and hands its subscription, which has checked every event up to `seq`, to catch-up.
    private mutating func dismiss(_ row: LiveTable.Row, after seq: Int64) {
        table.remove(row.number)
        row.subscription.cursor = max(row.subscription.cursor, seq)
        onLeave(row.subscription, row.ending)
    }

    /// Sends a bookmark to each subscription that was sent nothing for at least ``Subscription/eventsToBookmark``
    /// events.
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
        if row.subscription.session.offer(text) == .queued { row.subscription.notifiedSeq = row.subscription.cursor }
    }
}

/// The subscriptions that are up to date, indexed by filter, so that an event is checked only against the
/// subscriptions under its keys.
///
/// Subscriptions with the same key and byte-identical notifications form a subscriber group (``SubscriberGroup``). A
/// subscription joins such a group only if its scope has every event under the key. All others are checked one by one.
struct LiveTable {
    /// A key of the table: the most selective part of a filter.
    enum Place: Hashable {
        case job(JobID)
        case instance(InstanceID)
        case change(ChangeID)
        case tenant(TenantID)
        case all

        init(_ filter: EventFilter) {
            let onlyTenant: TenantID? =
                if case .only(let tenants) = filter.scope, tenants.count == 1 { tenants.first } else { nil }
            if let job = filter.job {
                self = .job(job)
            } else if let instance = filter.instance {
                self = .instance(instance)
            } else if let change = filter.change {
                self = .change(change)
            } else if let tenant = filter.tenant ?? onlyTenant {
                self = .tenant(tenant)
            } else {
                self = .all
            }
        }

        /// True if the key expresses the whole filter with its scope: the filter matches every event under the key.
        fileprivate func covers(_ filter: EventFilter) -> Bool {
            guard isWithin(filter.scope) else { return false }
            let parts = [filter.job != nil, filter.instance != nil, filter.change != nil, filter.tenant != nil]
            return filter.types.isEmpty && parts.count { $0 } <= 1
        }

        /// True if the key itself shows that the scope has each of its events.
        private func isWithin(_ scope: TenantScope) -> Bool {
            switch self {
            case .tenant(let tenant): scope.contains(tenant)
            case .job, .instance, .change, .all: scope == .all
            }
        }
    }

    /// By key, then by the subscription id that a group shares. The id `nil` holds the subscriptions that are checked
    /// one by one.
    private var groups: [Place: [String?: SubscriberGroup]] = [:]
    private var places: [SubscriptionNumber: (group: SubscriberGroup, row: Row)] = [:]

    mutating func insert(_ row: Row) {
        let place = Place(row.subscription.filter)
        let id = row.subscription.takesAll && place.covers(row.subscription.filter) ? row.subscription.id : nil
        let group = groups[place]?[id] ?? SubscriberGroup(place, sharedID: id)
        groups[place, default: [:]][id] = group
        group.add(row)
        places[row.number] = (group, row)
    }

    /// Removes a subscription and returns its row; `nil` if it is not here.
    @discardableResult
    mutating func remove(_ number: SubscriptionNumber) -> Row? {
        guard let (group, row) = places.removeValue(forKey: number) else { return nil }
        group.remove(row)
        guard group.isEmpty else { return row }
        groups[group.place]?[group.sharedID] = nil
        if groups[group.place]?.isEmpty == true { groups[group.place] = nil }
        return row
    }

    func contains(_ number: SubscriptionNumber) -> Bool { places[number] != nil }

    /// Returns the keys under which subscriptions may want the event.
    func places(for event: FeedEvent) -> [Place] {
        guard !places.isEmpty else { return [] }
        var found: [Place] = []
        add(.all, to: &found)
        add(.tenant(event.event.entry.tenant), to: &found)
        if let change = event.event.entry.change { add(.change(change), to: &found) }
        if let instance = event.event.entry.instance { add(.instance(instance), to: &found) }
        if let job = event.event.entry.job { add(.job(job), to: &found) }
        return found
    }

    private func add(_ place: Place, to found: inout [Place]) {
        if groups[place] != nil { found.append(place) }
    }

    /// The subscriber groups under a key.
    subscript(place: Place) -> [SubscriberGroup] { groups[place].map { Array($0.values) } ?? [] }

    /// All rows, each with the notified `seq` of its group applied.
    var all: [Row] {
        places.values.map { group, row in
            group.settle(row)
            return row
        }
    }
}

extension LiveTable {
    /// One subscription of the table; only the fan-out's task uses it.
    final class Row {
        let ending: OneShot<Void>
        var subscription: Subscription
        /// The row's index in its group.
        fileprivate var index = 0

        var number: SubscriptionNumber { subscription.number }

        init(ending: OneShot<Void>, subscription: Subscription) {
            self.ending = ending
            self.subscription = subscription
        }
    }

    /// Subscriptions under one key of the table. If they share an id, each event is the same line for all of them.
    ///
    /// The group then keeps one notified `seq` for all its rows. An event touches only the sessions of the rows.
    final class SubscriberGroup {
        fileprivate let place: Place
        fileprivate let sharedID: String?
        private var sessions: [Session] = []
        private(set) var rows: [Row] = []
        /// The `seq` of the last event that was offered to the group as shared lines.
        private var notifiedSeq: Int64 = 0

        fileprivate init(_ place: Place, sharedID: String?) {
            self.place = place
            self.sharedID = sharedID
        }

        var sharesLines: Bool { sharedID != nil }
        fileprivate var isEmpty: Bool { rows.isEmpty }

        fileprivate func add(_ row: Row) {
            row.index = rows.count
            rows.append(row)
            sessions.append(row.subscription.session)
        }

        fileprivate func remove(_ row: Row) {
            // The last row moves to the free index.
            rows[row.index] = rows[rows.count - 1]
            sessions[row.index] = sessions[sessions.count - 1]
            rows[row.index].index = row.index
            rows.removeLast()
            sessions.removeLast()
        }

        /// Applies the notified `seq` of the group to a row.
        fileprivate func settle(_ row: Row) {
            row.subscription.notifiedSeq = max(row.subscription.notifiedSeq, notifiedSeq)
        }

        /// Offers the same lines to every row. `last` is the `seq` of their last event. Returns the rows that did not
        /// accept the lines.
        func offer(_ lines: UnsafeRawBufferPointer, last: Int64) -> [Row] {
            var late: [Int] = []
            for index in sessions.indices where sessions[index].offer(lines: lines) != .queued { late.append(index) }
            for index in late { settle(rows[index]) }
            notifiedSeq = last
            return late.map { rows[$0] }
        }
    }
}
