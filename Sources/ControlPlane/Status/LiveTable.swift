import AuraModel
import JSONRPC
import Storage

/// The subscriptions that are up to date, by what their filters name, so that an event meets only those that may want it.
///
/// Those at one place that get the very same bytes stand together in an ``Audience``.
struct LiveTable {
    /// The most selective part of a filter.
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

        /// Whether it is the whole of a filter.
        fileprivate func covers(_ filter: EventFilter) -> Bool {
            let parts = [filter.job != nil, filter.instance != nil, filter.change != nil, filter.tenant != nil]
            return filter.types.isEmpty && parts.count { $0 } <= 1
        }
    }

    /// By place, and there by the id under which all of an audience know their subscription; none for those who are looked at one by one.
    private var audiences: [Place: [String?: Audience]] = [:]
    private var places: [SubscriptionNumber: (audience: Audience, row: Row)] = [:]

    mutating func insert(_ row: Row) {
        let place = Place(row.subscription.filter)
        let id = row.subscription.takesAll && place.covers(row.subscription.filter) ? row.subscription.id : nil
        let audience = audiences[place]?[id] ?? Audience(place, sharedID: id)
        audiences[place, default: [:]][id] = audience
        audience.add(row)
        places[row.number] = (audience, row)
    }

    /// Removes a subscription and returns its row; `nil` if it is not here.
    @discardableResult
    mutating func remove(_ number: SubscriptionNumber) -> Row? {
        guard let (audience, row) = places.removeValue(forKey: number) else { return nil }
        audience.remove(row)
        guard audience.isEmpty else { return row }
        audiences[audience.place]?[audience.sharedID] = nil
        if audiences[audience.place]?.isEmpty == true { audiences[audience.place] = nil }
        return row
    }

    func contains(_ number: SubscriptionNumber) -> Bool { places[number] != nil }

    /// Where somebody is who may want the event.
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
        if audiences[place] != nil { found.append(place) }
    }

    /// Those at a place.
    subscript(place: Place) -> [Audience] { audiences[place].map { Array($0.values) } ?? [] }

    /// All rows, with what their audiences were told.
    var all: [Row] {
        places.values.map { audience, row in
            audience.settle(row)
            return row
        }
    }
}

extension LiveTable {
    /// One subscription; the fan-out alone touches it.
    final class Row {
        let ending: Ending
        var subscription: Subscription
        /// Where it stands in its audience.
        fileprivate var index = 0

        var number: SubscriptionNumber { subscription.number }

        init(ending: Ending, subscription: Subscription) {
            self.ending = ending
            self.subscription = subscription
        }
    }

    /// Subscriptions at one place of the table; with a shared id each of their events is the same line for all of them.
    ///
    /// How far they are then is known without looking at each: what an event touches for one more of them is its session and nothing else.
    final class Audience {
        fileprivate let place: Place
        fileprivate let sharedID: String?
        private var sessions: [Session] = []
        private(set) var rows: [Row] = []
        /// The last event that all of those who share were given since they are here.
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
            // The last one takes its place.
            rows[row.index] = rows[rows.count - 1]
            sessions[row.index] = sessions[sessions.count - 1]
            rows[row.index].index = row.index
            rows.removeLast()
            sessions.removeLast()
        }

        /// Writes down at a row what holds for all.
        fileprivate func settle(_ row: Row) {
            row.subscription.told = max(row.subscription.told, told)
        }

        /// Offers the same lines, which end with the event `last`, to everybody; returns those who do not take them.
        func offer(_ lines: UnsafeRawBufferPointer, last: Int64) -> [Row] {
            var late: [Int] = []
            for index in sessions.indices where sessions[index].offer(lines: lines) != .queued { late.append(index) }
            for index in late { settle(rows[index]) }
            told = last
            return late.map { rows[$0] }
        }
    }
}
