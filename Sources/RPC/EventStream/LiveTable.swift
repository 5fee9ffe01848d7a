import AuraModel
import JSONRPC
import Storage

/// The subscriptions that are up to date, indexed by filter, so that an event is checked only against the
/// subscriptions under its keys.
///
/// Subscriptions with the same key and byte-identical notifications form a subscriber group (``SubscriberGroup``).
struct LiveTable {
    /// A key of the table: the most selective part of a filter.
    enum Place: Hashable {
        case job(JobID)
        case instance(InstanceID)
        case change(ChangeID)
        case tenant(TenantID)
        case all

        init(_ filter: EventFilter) {
            if let job = filter.job {
                self = .job(job)
            } else if let instance = filter.instance {
                self = .instance(instance)
            } else if let change = filter.change {
                self = .change(change)
            } else if let tenant = filter.tenant {
                self = .tenant(tenant)
            } else {
                self = .all
            }
        }

        /// True if the key expresses the whole filter.
        fileprivate func covers(_ filter: EventFilter) -> Bool {
            let parts = [filter.job != nil, filter.instance != nil, filter.change != nil, filter.tenant != nil]
            return filter.types.isEmpty && parts.count { $0 } <= 1
        }
    }

    /// By key, then by the subscription id that a group shares. The id `nil` holds the subscriptions that are checked one by one.
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
        let ending: Ending
        var subscription: Subscription
        /// The row's index in its group.
        fileprivate var index = 0

        var number: SubscriptionNumber { subscription.number }

        init(ending: Ending, subscription: Subscription) {
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
        private var told: Int64 = 0

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
            row.subscription.told = max(row.subscription.told, told)
        }

        /// Offers the same lines to every row. `last` is the `seq` of their last event. Returns the rows that did not accept the
        /// lines.
        func offer(_ lines: UnsafeRawBufferPointer, last: Int64) -> [Row] {
            var late: [Int] = []
            for index in sessions.indices where sessions[index].offer(lines: lines) != .queued { late.append(index) }
            for index in late { settle(rows[index]) }
            told = last
            return late.map { rows[$0] }
        }
    }
}
