internal import AuraModel
internal import DriverKit
internal import JSON

/// Reads Stripe's objects. A member that is missing or of another type counts as absent, unless nothing can be decided
/// without it. Shapes before and after the version 2025-03-31 are read (`facts/stripe.md`, 1.3).
enum StripeWire {
    static func page(_ value: JSONValue, _ what: String) throws(Failure) -> (data: [JSONValue], hasMore: Bool) {
        guard let data = value["data"]?.arrayValue, let hasMore = value["has_more"]?.boolValue,
            !hasMore || !data.isEmpty
        else { throw answer(what, "there is no list in the answer, or it does not say whether more follows") }
        return (data, hasMore)
    }

    static func id(_ value: JSONValue, _ what: String) throws(Failure) -> String {
        guard let id = value["id"]?.stringValue, StripeEvent.isID(id) else {
            throw answer(what, "an object has no id")
        }
        return id
    }

    static func subscription(_ value: JSONValue, _ what: String) throws(Failure) -> PaymentSubscription {
        guard let status = value["status"]?.stringValue, let items = value["items"]?["data"]?.arrayValue else {
            throw answer(what, "the subscription has no status or no items")
        }
        // Before 2025-03-31 the subscription had the period.
        let period = moment(value["current_period_end"])
        var lines: [PaymentSubscription.Item] = []
        for line in items {
            var item = try item(line, what)
            if item.periodEnd == nil { item.periodEnd = period }
            lines.append(item)
        }
        var endsAt = moment(value["cancel_at"])
        if endsAt == nil, value["cancel_at_period_end"]?.boolValue == true {
            endsAt = lines.compactMap(\.periodEnd).max()
        }
        return PaymentSubscription(
            id: try id(value, what), status: PaymentSubscription.Status(rawValue: status),
            customer: reference(value["customer"]) ?? "", items: lines, metadata: texts(value["metadata"]),
            currency: value["currency"]?.stringValue ?? "", createdAt: try created(value, what),
            unpaidSince: unpaidSince(value["latest_invoice"]),
            endsAt: endsAt,
            endedAt: moment(value["ended_at"]), isLive: value["livemode"]?.boolValue ?? false)
    }

    static func item(_ value: JSONValue, _ what: String) throws(Failure) -> PaymentSubscription.Item {
        guard let price = reference(value["price"]) else { throw answer(what, "an item has no price") }
        return PaymentSubscription.Item(
            id: try id(value, what), price: price, quantity: number(value["quantity"]).map { Int($0) } ?? 1,
            unitAmount: number(value["price"]?["unit_amount"]), periodEnd: moment(value["current_period_end"]))
    }

    static func checkout(_ value: JSONValue, _ what: String) throws(Failure) -> PaymentCheckout {
        var answers: [String: String] = [:]
        for field in value["custom_fields"]?.arrayValue ?? [] {
            guard let key = field["key"]?.stringValue, let kind = field["type"]?.stringValue else { continue }
            answers[key] = field[kind]?["value"]?.stringValue.map { PlainText.clean($0) }
        }
        let status = value["payment_status"]?.stringValue
        return PaymentCheckout(
            id: try id(value, what), subscription: reference(value["subscription"]),
            isPaid: status == "paid" || status == "no_payment_required",
            reference: value["client_reference_id"]?.stringValue.map { PlainText.clean($0) },
            metadata: texts(value["metadata"]), answers: answers,
            email: (value["customer_details"]?["email"] ?? value["customer_email"])?.stringValue
                .map { PlainText.clean($0) },
            createdAt: try created(value, what))
    }

    /// Returns the time from which an invoice waits for its payment: when it was finalized, else when it was made.
    private static func unpaidSince(_ invoice: JSONValue?) -> Timestamp? {
        guard let invoice, let status = invoice["status"]?.stringValue, status == "open" || status == "uncollectible"
        else { return nil }
        return moment(invoice["status_transitions"]?["finalized_at"]) ?? moment(invoice["created"])
    }

    private static func created(_ value: JSONValue, _ what: String) throws(Failure) -> Timestamp {
        guard let created = moment(value["created"]) else { throw answer(what, "an object has no time of creation") }
        return created
    }

    /// Returns the id of another object, which is given as its id, or as the object if it was expanded.
    static func reference(_ value: JSONValue?) -> String? {
        guard let id = value?.stringValue ?? value?["id"]?.stringValue, StripeEvent.isID(id) else { return nil }
        return id
    }

    private static func texts(_ value: JSONValue?) -> [String: String] {
        (value?.objectValue ?? [:]).reduce(into: [:]) { texts, member in
            texts[PlainText.clean(member.key)] = member.value.stringValue.map { PlainText.clean($0) }
        }
    }

    /// Reads a Unix time in seconds.
    private static func moment(_ value: JSONValue?) -> Timestamp? {
        guard let seconds = number(value), seconds > 0, seconds < 1 << 40 else { return nil }
        return Timestamp(milliseconds: seconds * 1000)
    }

    private static func number(_ value: JSONValue?) -> Int64? {
        guard case .integer(let number)? = value else { return nil }
        return number
    }

    private static func answer(_ what: String, _ problem: String) -> Failure {
        Failure(.transient, code: "providerAnswer", message: "cannot \(what): \(problem)")
    }
}
