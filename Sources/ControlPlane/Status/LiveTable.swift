import AuraModel
import JSONRPC
import Storage

/// The subscriptions that are up to date, by what their filters name, so that an event meets only those that may want it.
struct LiveTable {
    /// One row; the fan-out alone touches it.
    final class Row {
        let key: SubscriptionKey
        let ending: Ending
        let session: Session
        var subscription: Subscription
        /// Whether its place in the table says all that its filter does.
        let isPlain: Bool
        /// Where it stands among those of its place.
        fileprivate(set) var index = 0

        init(key: SubscriptionKey, ending: Ending, subscription: Subscription) {
            self.key = key
            self.ending = ending
            self.subscription = subscription
            session = subscription.session
            isPlain = Place(subscription.filter).covers(subscription.filter) && subscription.snapshot.floor == nil
        }
    }

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

    private var rows: [Place: [Row]] = [:]
    private var places: [SubscriptionKey: (place: Place, row: Row)] = [:]

    mutating func insert(_ row: Row) {
        let place = Place(row.subscription.filter)
        row.index = rows[place]?.count ?? 0
        rows[place, default: []].append(row)
        places[row.key] = (place, row)
    }

    mutating func remove(_ key: SubscriptionKey) {
        guard let (place, row) = places.removeValue(forKey: key), let last = rows[place]?.last else { return }
        // The last one takes its place.
        rows[place]?[row.index] = last
        last.index = row.index
        rows[place]?.removeLast()
        if rows[place]?.isEmpty == true { rows[place] = nil }
    }

    /// Where somebody is who may want the event.
    func places(for event: FeedEvent) -> [Place] {
        guard !rows.isEmpty else { return [] }
        var found: [Place] = []
        add(.all, to: &found)
        add(.tenant(event.event.entry.tenant), to: &found)
        if let change = event.event.entry.change { add(.change(change), to: &found) }
        if let instance = event.event.entry.instance { add(.instance(instance), to: &found) }
        if let job = event.event.entry.job { add(.job(job), to: &found) }
        return found
    }

    private func add(_ place: Place, to found: inout [Place]) {
        if rows[place] != nil { found.append(place) }
    }

    /// The rows of a place.
    subscript(place: Place) -> [Row] { rows[place] ?? [] }

    /// All rows.
    var all: [Row] { rows.values.flatMap(\.self) }
}
