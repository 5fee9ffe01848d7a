public import AuraModel
public import DriverKit

/// The seller's rules for payments.
public struct BillingPolicy: Sendable, Hashable {
    /// The instance that a customer gets for a price.
    public struct Product: Sendable, Hashable {
        /// The size of the instance.
        public var size: String
        /// The region, unless the customer chose one; `nil` means the region of the installation.
        public var region: String?

        /// Creates a product.
        public init(size: String, region: String? = nil) {
            self.size = size
            self.region = region
        }
    }

    /// The products by the provider's ids of their prices. Other prices are not served.
    public var products: [String: Product]
    /// How long a customer whose payment failed is served.
    public var grace: Duration
    /// How long the data of a customer is kept after the end of the subscription.
    public var retention: Duration
    /// True if customers are served during a trial.
    public var servesTrials: Bool

    /// Creates a policy. By default, grace and retention are a week, and trials are not served.
    public init(
        products: [String: Product], grace: Duration = .seconds(604_800), retention: Duration = .seconds(604_800),
        servesTrials: Bool = false
    ) {
        self.products = products
        self.grace = grace
        self.retention = retention
        self.servesTrials = servesTrials
    }
}

/// One unit of an item of a subscription, which at most one instance serves.
public struct BillingUnit: Sendable, Hashable {
    /// The provider's id of the item.
    public var item: String
    /// The number of the unit, from 0.
    public var ordinal: Int

    /// Creates a unit.
    public init(item: String, ordinal: Int) {
        self.item = item
        self.ordinal = ordinal
    }
}

/// A unit that has an instance.
public struct BillingClaim: Sendable, Hashable {
    /// The unit.
    public var unit: BillingUnit
    /// The time at which a reading first found that nothing is paid for the unit any more; `nil` if it is paid for.
    public var lostAt: Timestamp?

    /// Creates a claim.
    public init(_ unit: BillingUnit, lostAt: Timestamp? = nil) {
        self.unit = unit
        self.lostAt = lostAt
    }
}

/// The state that the instance of a unit should get.
public enum BillingWish: Sendable, Hashable {
    /// It runs. If there is none, it is provisioned as this product.
    case run(BillingPolicy.Product)
    /// It is suspended. No instance is created for it.
    case suspend
    /// Nothing is paid any more: it is suspended, and destroyed at this time.
    case keep(until: Timestamp)
    /// Its data was kept for long enough.
    case destroy
    /// It stays as it is, because this version cannot decide.
    case leave
}

/// The decision about the instances of one subscription.
public struct BillingPlan: Sendable, Hashable {
    /// The wish for each unit that is paid for or has an instance.
    public var wishes: [BillingUnit: BillingWish]
    /// The time at which time alone changes the decision; `nil` if only the provider can.
    public var changesAt: Timestamp?
    /// The prices of the subscription that the policy does not have.
    public var unknownPrices: Set<String>

    /// Decides from a reading of the subscription. A pure function.
    ///
    /// No daemon uses it before the open points of `docs/decisions/0056-payments-decide-by-the-present-state.md` are
    /// solved: an item that is replaced by one of the same product would lose its instance.
    ///
    /// - Parameters:
    ///   - subscription: the present state, as read; `nil` if the provider does not know it.
    ///   - claims: the units that have an instance.
    ///   - keptUntil: the time until which an operator keeps the data whatever is paid; `nil` for none.
    public static func decide(
        _ subscription: PaymentSubscription?, claims: [BillingClaim], policy: BillingPolicy,
        keptUntil: Timestamp? = nil,
        at now: Timestamp
    ) -> BillingPlan {
        var plan = BillingPlan(wishes: [:], changesAt: nil, unknownPrices: [])
        let service = subscription.map { Service($0, policy, now) } ?? .unknown
        if case .grace(let end) = service, end > now { plan.look(at: end) }
        for item in subscription?.items ?? [] {
            guard let product = policy.products[item.price] else {
                plan.unknownPrices.insert(item.price)
                continue
            }
            // Quantities beyond this are a mistake, and nobody pays for so many machines unseen.
            for ordinal in 0..<max(0, min(item.quantity, Self.quantityAtMost)) {
                let unit = BillingUnit(item: item.id, ordinal: ordinal)
                let hasInstance = claims.contains { $0.unit == unit }
                plan.wishes[unit] = service.wish(for: product, hasInstance: hasInstance, at: now)
            }
        }
        for claim in claims {
            plan.decide(claim, subscription, service, policy, keptUntil, now)
        }
        return plan
    }

    /// The largest number of instances for one item.
    public static let quantityAtMost = 100

    private mutating func look(at time: Timestamp) { changesAt = min(changesAt ?? time, time) }

    /// Decides about a unit that has an instance.
    private mutating func decide(
        _ claim: BillingClaim, _ subscription: PaymentSubscription?, _ service: Service, _ policy: BillingPolicy,
        _ keptUntil: Timestamp?, _ now: Timestamp
    ) {
        let item = subscription?.items.first { $0.id == claim.unit.item }
        let lostAt: Timestamp
        if case .ended(let time) = service {
            // The retention begins when it was seen that the subscription ended: before, nobody could be told.
            let seenAt = claim.lostAt ?? now
            lostAt = max(time ?? seenAt, seenAt)
        } else if service == .unknown || item.map({ policy.products[$0.price] == nil }) ?? false {
            wishes[claim.unit] = .leave
            return
        } else if claim.unit.ordinal < item?.quantity ?? 0 {
            // An instance stays as it is if a trial follows on a time that was paid for.
            if wishes[claim.unit] == nil { wishes[claim.unit] = .leave }
            return
        } else {
            lostAt = claim.lostAt ?? now
        }
        let end = max(lostAt + policy.retention, keptUntil ?? lostAt)
        if end > now {
            wishes[claim.unit] = .keep(until: end)
            look(at: end)
        } else {
            wishes[claim.unit] = .destroy
        }
    }
}

/// What a subscription's state gives to its units.
private enum Service: Hashable {
    /// Every unit is served.
    case served
    /// The last payment failed. Every unit is served until this time.
    case grace(until: Timestamp)
    /// Instances are suspended and none is created.
    case suspended
    /// There are no instances yet: nothing was paid.
    case nothing
    /// The subscription ended, at this time if the provider says it.
    case ended(Timestamp?)
    /// This version does not know the state.
    case unknown

    init(_ subscription: PaymentSubscription, _ policy: BillingPolicy, _ now: Timestamp) {
        switch subscription.status {
        case .active: self = .served
        case .trialing: self = policy.servesTrials ? .served : .nothing
        case .pastDue: self = .grace(until: (subscription.unpaidSince ?? now) + policy.grace)
        case .unpaid, .paused: self = .suspended
        case .incomplete: self = .nothing
        case .canceled, .incompleteExpired: self = .ended(subscription.endedAt)
        default: self = .unknown
        }
    }

    /// Returns the wish for a unit, or `nil` if no instance is to be created for it. After a failed payment none is
    /// created, because nothing was paid for it.
    func wish(for product: BillingPolicy.Product, hasInstance: Bool, at now: Timestamp) -> BillingWish? {
        switch self {
        case .served: .run(product)
        case .grace where !hasInstance: nil
        case .grace(let end): end > now ? .run(product) : .suspend
        case .suspended: .suspend
        case .nothing, .ended, .unknown: nil
        }
    }
}
