public import AuraModel

/// A driver for the provider that charges customers.
///
/// The driver only reads. All calls throw `Failure`. The contents of a delivery are not used: a delivery names a
/// subscription, and the subscription is read here.
public protocol PaymentDriver: Sendable {
    /// Returns the subscription with all its items, or `nil` if the provider does not know it.
    func subscription(id: String) async throws -> PaymentSubscription?
    /// Returns the checkout that began the subscription, or `nil` if it began without one.
    func checkout(ofSubscription id: String) async throws -> PaymentCheckout?
    /// Returns the checkout, or `nil` if the provider does not know it.
    func checkout(id: String) async throws -> PaymentCheckout?
    /// Returns the ids of the subscriptions that events of the provider name since `start`, at most `limit`, and whether
    /// these are all. The provider keeps events for a limited time (Stripe: 30 days).
    func changedSubscriptions(since start: Timestamp, limit: Int) async throws -> (ids: Set<String>, areAll: Bool)
    /// Returns a page of the ids of all subscriptions in every state, newest first, after the subscription `after`.
    func subscriptions(after: String?) async throws -> PaymentPage
    /// Checks the key and its rights. Throws if the provider cannot be reached.
    func check() async throws -> [ProviderFinding]
}

/// Ids of subscriptions in the order of a list.
public struct PaymentPage: Sendable, Hashable {
    /// The ids.
    public var ids: [String]
    /// True if more follow after the last id.
    public var hasMore: Bool

    /// Creates a page.
    public init(ids: [String], hasMore: Bool) {
        self.ids = ids
        self.hasMore = hasMore
    }
}

/// A recurring payment of a customer.
public struct PaymentSubscription: Sendable, Hashable {
    /// The state of a subscription. The provider may add states.
    public struct Status: RawRepresentable, Sendable, Hashable {
        /// The provider's word.
        public let rawValue: String

        /// Creates a state.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The first payment has not succeeded yet.
        public static let incomplete = Status(rawValue: "incomplete")
        /// The first payment never succeeded. The state is final.
        public static let incompleteExpired = Status(rawValue: "incomplete_expired")
        /// Nothing is due until the trial ends.
        public static let trialing = Status(rawValue: "trialing")
        /// Paid.
        public static let active = Status(rawValue: "active")
        /// The last payment failed, and the provider tries again.
        public static let pastDue = Status(rawValue: "past_due")
        /// The last payment failed, and the provider has given up.
        public static let unpaid = Status(rawValue: "unpaid")
        /// A trial ended without a payment method.
        public static let paused = Status(rawValue: "paused")
        /// Ended. The state is final.
        public static let canceled = Status(rawValue: "canceled")
    }

    /// One line of a subscription: a price and a quantity.
    public struct Item: Sendable, Hashable {
        /// The provider's id of the item.
        public var id: String
        /// The provider's id of the price.
        public var price: String
        /// The number of units.
        public var quantity: Int
        /// The price of one unit in the smallest unit of the currency for each period; `nil` if it has no fixed price.
        public var unitAmount: Int64?
        /// The end of the period that is paid for; `nil` if it is unknown.
        public var periodEnd: Timestamp?

        /// Creates an item.
        public init(id: String, price: String, quantity: Int, unitAmount: Int64? = nil, periodEnd: Timestamp? = nil) {
            self.id = id
            self.price = price
            self.quantity = quantity
            self.unitAmount = unitAmount
            self.periodEnd = periodEnd
        }
    }

    /// The provider's id.
    public var id: String
    /// The state.
    public var status: Status
    /// The provider's id of the customer.
    public var customer: String
    /// The items, in the provider's order.
    public var items: [Item]
    /// The texts that the seller stored with the subscription.
    public var metadata: [String: String]
    /// The currency in lower case, as in ISO 4217.
    public var currency: String
    /// The time of creation.
    public var createdAt: Timestamp
    /// The time from which the newest invoice has been waiting for its payment; `nil` if it is paid or there is none.
    public var unpaidSince: Timestamp?
    /// The time at which the subscription will end; `nil` if it is not to end.
    public var endsAt: Timestamp?
    /// The time at which the subscription ended; `nil` if it has not ended.
    public var endedAt: Timestamp?
    /// False for a subscription of the provider's test mode.
    public var isLive: Bool

    /// Creates a subscription.
    public init(
        id: String, status: Status, customer: String, items: [Item], metadata: [String: String] = [:], currency: String,
        createdAt: Timestamp, unpaidSince: Timestamp? = nil, endsAt: Timestamp? = nil, endedAt: Timestamp? = nil,
        isLive: Bool
    ) {
        self.id = id
        self.status = status
        self.customer = customer
        self.items = items
        self.metadata = metadata
        self.currency = currency
        self.createdAt = createdAt
        self.unpaidSince = unpaidSince
        self.endsAt = endsAt
        self.endedAt = endedAt
        self.isLive = isLive
    }
}

/// A customer's visit to the provider's payment page.
public struct PaymentCheckout: Sendable, Hashable {
    /// The provider's id.
    public var id: String
    /// The subscription that it began; `nil` before the customer has paid, and for single payments.
    public var subscription: String?
    /// True if the payment succeeded or none was needed.
    public var isPaid: Bool
    /// The seller's reference, as given when the checkout was created.
    public var reference: String?
    /// The texts that the seller stored with the checkout.
    public var metadata: [String: String]
    /// The customer's answers to the seller's own fields, by the keys of the fields.
    public var answers: [String: String]
    /// The customer's address for mail.
    public var email: String?
    /// The time of creation.
    public var createdAt: Timestamp

    /// Creates a checkout.
    public init(
        id: String, subscription: String?, isPaid: Bool, reference: String? = nil, metadata: [String: String] = [:],
        answers: [String: String] = [:], email: String? = nil, createdAt: Timestamp
    ) {
        self.id = id
        self.subscription = subscription
        self.isPaid = isPaid
        self.reference = reference
        self.metadata = metadata
        self.answers = answers
        self.email = email
        self.createdAt = createdAt
    }
}
