public import AuraModel
public import DriverKit
internal import DriverREST
public import HTTPClient
internal import JSON
public import Logging

/// A driver for a Stripe account, over version ``StripeSettings/apiVersion`` of its API (`facts/stripe.md`).
///
/// Codes: `badRequest`, `unauthorized`, `forbidden`, `notFound`, `conflict`, `refused`, `rateLimited`, `providerFault`,
/// `providerAnswer`, `invalidIdentifier`, and the codes of a call without a response.
public final class StripePayments: PaymentDriver {
    /// The types of events about subscriptions, for ``changedSubscriptions(since:limit:)`` and for the webhook endpoint
    /// that an operator creates.
    public static let eventTypes = [
        "checkout.session.completed", "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed", "customer.subscription.created", "customer.subscription.updated",
        "customer.subscription.deleted", "customer.subscription.paused", "customer.subscription.resumed",
        "invoice.paid", "invoice.payment_failed", "invoice.payment_action_required",
    ]

    private static let pageSize = 100

    private let api: RESTClient

    /// Creates a driver.
    public init(
        settings: StripeSettings, http: any HTTPTransport, time: any TimeSource, random: any RandomSource, log: Logger
    ) {
        api = RESTClient(
            settings: RESTSettings(
                name: "stripe", endpoint: settings.endpoint, authentication: .bearer(settings.key),
                headers: ["Stripe-Version": StripeSettings.apiVersion], requestTimeout: settings.requestTimeout,
                // A page of 100 events, each with its object.
                responseLimitBytes: 16 << 20, maximumConcurrentRequests: settings.maximumConcurrentRequests,
                readRetries: settings.readRetries, retriedCodes: StripeFailure.retriedCodes, missingCode: "notFound",
                correlationHeader: "Request-Id"),
            http: http, time: time, random: random, log: log, failure: StripeFailure.of)
    }

    // MARK: Subscriptions

    public func subscription(id: String) async throws -> PaymentSubscription? {
        let what = "read subscription \(PlainText.clean(id, limitBytes: 80))"
        let path = "/v1/subscriptions/\(try Self.segment(id, of: "subscription"))"
        let call = RESTCall(.get, path, query: [("expand[]", "latest_invoice")], what: what)
        guard let value = try await api.find(call) else { return nil }
        var subscription = try StripeWire.subscription(value, what)
        // The subscription holds at most the first 20 of its items.
        if value["items"]?["has_more"]?.boolValue == true {
            subscription.items = try await items(ofSubscription: id, what)
        }
        return subscription
    }

    private func items(ofSubscription id: String, _ what: String) async throws -> [PaymentSubscription.Item] {
        var items: [PaymentSubscription.Item] = []
        var after: String?
        repeat {
            let page = try await list("/v1/subscription_items", [("subscription", id)], after: after, what)
            for value in page.data { items.append(try StripeWire.item(value, what)) }
            after = page.next
        } while after != nil
        return items
    }

    public func subscriptions(after: String?) async throws -> PaymentPage {
        let what = "list subscriptions"
        let page = try await list("/v1/subscriptions", [("status", "all")], after: after, what)
        var ids: [String] = []
        for value in page.data { ids.append(try StripeWire.id(value, what)) }
        return PaymentPage(ids: ids, hasMore: page.next != nil)
    }

    public func changedSubscriptions(
        since start: Timestamp, limit: Int
    ) async throws -> (ids: Set<String>, areAll: Bool) {
        let query = [("created[gte]", String(start.milliseconds / 1000))] + Self.eventTypes.map { ("types[]", $0) }
        var ids: Set<String> = []
        var after: String?
        repeat {
            let page = try await list("/v1/events", query, after: after, "list events")
            for event in page.data {
                if let id = StripeEvent.subscription(of: event) { ids.insert(id) }
                guard ids.count < limit else { return (ids, false) }
            }
            after = page.next
        } while after != nil
        return (ids, true)
    }

    // MARK: Checkouts

    public func checkout(ofSubscription id: String) async throws -> PaymentCheckout? {
        let what = "find the checkout of subscription \(PlainText.clean(id, limitBytes: 80))"
        let query = [("subscription", try Self.segment(id, of: "subscription")), ("limit", "1")]
        let call = RESTCall(.get, "/v1/checkout/sessions", query: query, what: what)
        guard let value = try StripeWire.page(try await api.send(call), what).data.first else { return nil }
        return try StripeWire.checkout(value, what)
    }

    public func checkout(id: String) async throws -> PaymentCheckout? {
        let what = "read checkout \(PlainText.clean(id, limitBytes: 80))"
        let path = "/v1/checkout/sessions/\(try Self.segment(id, of: "checkout"))"
        guard let value = try await api.find(RESTCall(.get, path, what: what)) else { return nil }
        return try StripeWire.checkout(value, what)
    }

    // MARK: Check

    /// Reads one object of each kind that the driver needs.
    public func check() async throws -> [ProviderFinding] {
        var findings: [ProviderFinding] = []
        for (path, right) in [
            ("/v1/subscriptions", "Subscriptions"), ("/v1/invoices", "Invoices"),
            ("/v1/checkout/sessions", "Checkout Sessions"), ("/v1/events", "Events"),
        ] {
            guard let failure = try await refusal(path, right) else { continue }
            let isKnown = failure.code == "forbidden"
            let remedy = isKnown ? "let the restricted key read \(right)" : "check the key"
            findings.append(ProviderFinding(.error, setting: "stripe.key", "\(failure.message); \(remedy)"))
            if !isKnown { break }
        }
        return findings
    }

    /// Returns the refusal of a call because of the key; `nil` if there is none. Throws any other failure.
    private func refusal(_ path: String, _ right: String) async throws(Failure) -> Failure? {
        do {
            _ = try await api.send(RESTCall(.get, path, query: [("limit", "1")], what: "read \(right)"))
            return nil
        } catch {
            guard error.code == "unauthorized" || error.code == "forbidden" else { throw error }
            return error
        }
    }

    // MARK: Pages

    /// Returns a page of a list, newest first, after the object `after`. `next` is the last object of the page if more
    /// follow.
    private func list(
        _ path: String, _ query: [(name: String, value: String)], after: String?, _ what: String
    ) async throws(Failure) -> (data: [JSONValue], next: String?) {
        var query = query + [("limit", String(Self.pageSize))]
        if let after { query.append(("starting_after", after)) }
        let page = try StripeWire.page(try await api.send(RESTCall(.get, path, query: query, what: what)), what)
        guard page.hasMore, let last = page.data.last else { return (page.data, nil) }
        let next = try StripeWire.id(last, what)
        guard next != after else {
            throw Failure(.transient, code: "providerAnswer", message: "cannot \(what): two pages end alike")
        }
        return (page.data, next)
    }

    /// Returns the id unchanged. Throws if it has other characters than letters, digits and underscores, because it
    /// becomes a part of a path.
    private static func segment(_ id: String, of noun: String) throws(Failure) -> String {
        guard StripeEvent.isID(id) else {
            throw Failure(
                .permanent, code: "invalidIdentifier",
                message:
                    "cannot read the \(noun) \(PlainText.clean(id, limitBytes: 40)): its id holds other characters "
                    + "than letters, digits and underscores")
        }
        return id
    }
}
