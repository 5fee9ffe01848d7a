import FoundationEssentials
import JSON

/// A change of a subscription that no event reports. It follows the next event of a type, so that a reader of the
/// subscription sees a newer state than that of the event.
struct ChangeAfterEvent: Sendable {
    /// The type of the event.
    var type: String
    /// The subscription; `nil` for any.
    var subscription: String?
    var change: SilentChange
}

/// The body of the administration calls that change a subscription without an event.
struct SilentChange: Decodable, Sendable {
    static let fields: Set<String> = ["quantity", "status", "cancelAtPeriodEnd", "metadata", "price"]

    /// The quantity of the first item.
    var quantity: Int64?
    /// The price of the first item.
    var price: String?
    var status: Stripe.Subscription.Status?
    var cancelAtPeriodEnd: Bool?
    var metadata: [String: String]?

    /// Throws 422 for a quantity out of range.
    func check() throws {
        guard (0...999_999).contains(quantity ?? 0) else { throw APIError.invalid("quantity", "must be 0 to 999999") }
    }
}

extension Stripe {
    /// The number of events that are kept.
    private static let eventLimit = 200_000

    /// Makes an event of a change and queues its deliveries.
    mutating func emit(_ type: String, _ object: Snapshot, previous: Snapshot? = nil) {
        append(
            Event(
                id: newID("evt_1"), created: now, type: type, object: object, previous: previous, cause: cause))
        if case .subscription(let subscription) = object { applyChanges(after: type, subscription.id) }
    }

    /// Adds an event and queues its delivery to each endpoint that receives its type.
    private mutating func append(_ event: Event) {
        var event = event
        event.receivers = endpoints.all.filter { $0.accepts(event.type) }.map(\.id)
        events.put(event)
        for endpoint in event.receivers { deliver(event, to: endpoint) }
        let expired = now - Event.lifetimeSeconds
        let chunk = 1_000
        if events.all.count > Self.eventLimit || (events.all.count > chunk && events.all[chunk].created < expired) {
            events.removeFirst(chunk)
        }
    }

    /// Queues the delivery of an event, as the faults of webhooks require.
    mutating func deliver(_ event: Event, to endpoint: String) {
        let plan = webhookFaults.plan(event.type, &otherRandom)
        for delay in plan.delaysSeconds {
            webhooks.add(event: event.id, endpoint: endpoint, due: real + delay)
        }
        guard plan.hasTwin else { return }
        var twin = Event(
            id: newID("evt_1"), created: event.created, type: event.type, object: event.object,
            previous: event.previous, cause: event.cause)
        twin.receivers = [endpoint]
        events.put(twin)
        webhooks.add(event: twin.id, endpoint: endpoint, due: real)
    }

    private mutating func applyChanges(after type: String, _ subscription: String) {
        let place = changesAfterEvents.firstIndex {
            $0.type == type && ($0.subscription == nil || $0.subscription == subscription)
        }
        guard let place else { return }
        let change = changesAfterEvents.remove(at: place).change
        apply(change, to: subscription)
    }

    /// Changes a subscription without an event.
    mutating func apply(_ change: SilentChange, to id: String) {
        guard var subscription = subscriptions[id] else { return }
        if let quantity = change.quantity, !subscription.items.isEmpty { subscription.items[0].quantity = quantity }
        if let price = change.price.flatMap({ prices[$0] }), !subscription.items.isEmpty {
            subscription.items[0].price = price
        }
        subscription.status = change.status ?? subscription.status
        subscription.cancelAtPeriodEnd = change.cancelAtPeriodEnd ?? subscription.cancelAtPeriodEnd
        subscription.metadata.merge(change.metadata ?? [:]) { $1 }
        subscriptions.put(subscription)
    }

    /// Changes a subscription and makes an event, by default `customer.subscription.updated`.
    mutating func update(
        _ id: String, _ type: String = "customer.subscription.updated", _ change: (inout Subscription) -> Void
    ) {
        guard let old = subscriptions[id] else { return }
        var new = old
        change(&new)
        subscriptions.put(new)
        emit(
            type, .subscription(new), previous: type == "customer.subscription.updated" ? .subscription(old) : nil)
    }

    /// Changes an invoice and makes events of these types.
    mutating func updateInvoice(_ id: String, _ types: String..., change: (inout Invoice) -> Void) {
        guard var invoice = invoices[id] else { return }
        change(&invoice)
        invoices.put(invoice)
        for type in types { emit(type, .invoice(invoice)) }
    }
}
