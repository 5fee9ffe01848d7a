import AuraModel
import Storage

/// The subscriptions that are up to date, by what their filters name, so that an event meets only those that may want it.
struct LiveTable {
    /// One row; the fan-out alone touches it.
    final class Row {
        let key: SubscriptionKey
        let ending: Ending
        var subscription: Subscription

        init(key: SubscriptionKey, ending: Ending, subscription: Subscription) {
            self.key = key
            self.ending = ending
            self.subscription = subscription
        }
    }

    /// The most selective part of a filter.
    private enum Place: Hashable {
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
    }

    private var rows: [Place: [SubscriptionKey: Row]] = [:]
    private var places: [SubscriptionKey: Place] = [:]

    mutating func insert(_ row: Row) {
        let place = Place(row.subscription.filter)
        rows[place, default: [:]][row.key] = row
        places[row.key] = place
    }

    @discardableResult
    mutating func remove(_ key: SubscriptionKey) -> Row? {
        guard let place = places.removeValue(forKey: key) else { return nil }
        let row = rows[place]?.removeValue(forKey: key)
        if rows[place]?.isEmpty == true { rows[place] = nil }
        return row
    }

    /// Calls `body` with every row that may want the event.
    func forEach(for event: Event, _ body: (Row) -> Void) {
        let entry = event.entry
        rows[.all]?.values.forEach(body)
        rows[.tenant(entry.tenant)]?.values.forEach(body)
        if let change = entry.change { rows[.change(change)]?.values.forEach(body) }
        if let instance = entry.instance { rows[.instance(instance)]?.values.forEach(body) }
        if let job = entry.job { rows[.job(job)]?.values.forEach(body) }
    }

    /// All rows.
    var all: [Row] { rows.values.flatMap(\.values) }
}
