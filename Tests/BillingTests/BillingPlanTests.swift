import AuraModel
import Billing
import DriverKit
import TestKit
import Testing

/// The truth table of payments.
@Suite struct BillingPlanTests {
    private static let now = Timestamp(milliseconds: 1_795_176_000_000)
    private static let week = Duration.seconds(604_800)
    private static let small = BillingPolicy.Product(size: "small")
    private static let unit = BillingUnit(item: "si_1", ordinal: 0)
    private static let policy = BillingPolicy(products: ["price_1": small])

    private static func subscription(
        _ status: PaymentSubscription.Status, quantity: Int = 1, price: String = "price_1",
        unpaidSince: Timestamp? = nil, endedAt: Timestamp? = nil
    ) -> PaymentSubscription {
        PaymentSubscription(
            id: "sub_1", status: status, customer: "cus_1",
            items: [PaymentSubscription.Item(id: "si_1", price: price, quantity: quantity)], currency: "eur",
            createdAt: now, unpaidSince: unpaidSince, endedAt: endedAt, isLive: true)
    }

    private static func wish(
        _ subscription: PaymentSubscription?, hasInstance: Bool, lostAt: Timestamp? = nil, keptUntil: Timestamp? = nil,
        at time: Timestamp = now, policy: BillingPolicy = policy
    ) -> BillingWish? {
        BillingPlan.decide(
            subscription, claims: hasInstance ? [BillingClaim(unit, lostAt: lostAt)] : [], policy: policy,
            keptUntil: keptUntil, at: time
        ).wishes[unit]
    }

    /// Each state, without and with an instance.
    @Test(
        arguments: [
            (.active, .run(small), .run(small)), (.unpaid, .suspend, .suspend), (.paused, .suspend, .suspend),
            (.incomplete, nil, .leave), (.incompleteExpired, nil, .keep(until: now + week)),
            (.trialing, nil, .leave), (.canceled, nil, .keep(until: now + week)),
            (.pastDue, nil, .run(small)), (.init(rawValue: "defrosting"), nil, .leave),
        ] as [(PaymentSubscription.Status, BillingWish?, BillingWish?)])
    func eachStateHasItsWish(_ status: PaymentSubscription.Status, _ without: BillingWish?, _ with: BillingWish?) {
        #expect(Self.wish(Self.subscription(status), hasInstance: false) == without)
        #expect(Self.wish(Self.subscription(status), hasInstance: true) == with)
    }

    @Test func trialsAreServedIfThePolicySaysSo() {
        var policy = Self.policy
        policy.servesTrials = true
        #expect(Self.wish(Self.subscription(.trialing), hasInstance: false, policy: policy) == .run(Self.small))
    }

    @Test func aFailedPaymentHasItsGrace() {
        let subscription = Self.subscription(.pastDue, unpaidSince: Self.now)
        let end = Self.now + Self.week
        let plan = BillingPlan.decide(subscription, claims: [], policy: Self.policy, at: Self.now)
        #expect(plan.changesAt == end)
        let last = end + .milliseconds(-1)
        #expect(Self.wish(subscription, hasInstance: true, at: last) == .run(Self.small))
        #expect(Self.wish(subscription, hasInstance: true, at: end) == .suspend)
        #expect(BillingPlan.decide(subscription, claims: [], policy: Self.policy, at: end).changesAt == nil)
    }

    @Test func dataIsKeptAfterTheEnd() {
        let subscription = Self.subscription(.canceled, endedAt: Self.now)
        let end = Self.now + Self.week
        let claims = [BillingClaim(Self.unit)]
        let plan = BillingPlan.decide(subscription, claims: claims, policy: Self.policy, at: Self.now)
        #expect(plan.wishes == [Self.unit: .keep(until: end)] && plan.changesAt == end)
        #expect(Self.wish(subscription, hasInstance: true, lostAt: Self.now, at: end) == .destroy)
        // A daemon that was away for longer than the retention begins it when it sees the end.
        #expect(Self.wish(subscription, hasInstance: true, at: end) == .keep(until: end + Self.week))
        // An operator keeps it longer, never shorter.
        let later = end + Self.week
        #expect(
            Self.wish(subscription, hasInstance: true, lostAt: Self.now, keptUntil: later, at: end)
                == .keep(until: later))
        #expect(Self.wish(subscription, hasInstance: true, keptUntil: Self.now, at: Self.now) == .keep(until: end))
    }

    /// The time of retention begins once, also if the provider never says when the subscription ended.
    @Test func theRetentionOfALostUnitBeginsOnce() {
        for subscription in [
            Self.subscription(.canceled), Self.subscription(.active, quantity: 0),
            Self.subscription(.incompleteExpired),
        ] {
            let lost = Self.now + .seconds(-100)
            #expect(Self.wish(subscription, hasInstance: true, lostAt: lost) == .keep(until: lost + Self.week))
            let end = lost + Self.week
            #expect(Self.wish(subscription, hasInstance: true, lostAt: lost, at: end) == .destroy)
        }
        // What is paid for again is not lost any more.
        #expect(Self.wish(Self.subscription(.active), hasInstance: true, lostAt: Self.now) == .run(Self.small))
    }

    @Test func eachUnitOfAQuantityHasAWish() {
        let claims = (0..<4).map { BillingClaim(BillingUnit(item: "si_1", ordinal: $0)) }
        let plan = BillingPlan.decide(
            Self.subscription(.active, quantity: 2), claims: claims, policy: Self.policy, at: Self.now)
        let kept = BillingWish.keep(until: Self.now + Self.week)
        let expected: [BillingWish] = [.run(Self.small), .run(Self.small), kept, kept]
        #expect((0..<4).map { plan.wishes[BillingUnit(item: "si_1", ordinal: $0)] } == expected)
        let huge = BillingPlan.decide(
            Self.subscription(.active, quantity: .max), claims: [], policy: Self.policy, at: Self.now)
        #expect(huge.wishes.count == BillingPlan.quantityAtMost)
        let negative = Self.subscription(.active, quantity: -1)
        #expect(BillingPlan.decide(negative, claims: [], policy: Self.policy, at: Self.now).wishes.isEmpty)
    }

    /// What this version cannot judge, it neither creates nor ends.
    @Test func anUnknownPriceOrSubscriptionChangesNothing() {
        let other = Self.subscription(.active, price: "price_2")
        #expect(Self.wish(other, hasInstance: false) == nil)
        #expect(Self.wish(other, hasInstance: true) == .leave)
        let plan = BillingPlan.decide(other, claims: [], policy: Self.policy, at: Self.now)
        #expect(plan.unknownPrices == ["price_2"])
        // What has ended needs no price.
        let ended = Self.subscription(.canceled, price: "price_2")
        #expect(Self.wish(ended, hasInstance: true) == .keep(until: Self.now + Self.week))
        #expect(Self.wish(nil, hasInstance: true, lostAt: Self.now) == .leave)
        #expect(Self.wish(nil, hasInstance: false) == nil)
    }

    /// Over random states and times: nothing is destroyed before its retention has passed, nothing is created without
    /// money, and the decision changes by time alone only when it says so.
    @Test(arguments: 0..<200) func noDecisionIsSurprising(_ seed: UInt64) {
        let random = SeededRandom(seed: seed)
        let statuses: [PaymentSubscription.Status] = [
            .active, .trialing, .pastDue, .unpaid, .paused, .incomplete, .incompleteExpired, .canceled,
            .init(rawValue: "other"),
        ]
        func moment() -> Timestamp? {
            random.next() % 3 == 0 ? nil : Self.now + .seconds(Int(random.next() % 2_000_000) - 1_500_000)
        }
        let status = statuses[Int(random.next() % UInt64(statuses.count))]
        let subscription = Self.subscription(
            status, quantity: Int(random.next() % 4), price: random.next() % 5 == 0 ? "price_2" : "price_1",
            unpaidSince: moment(), endedAt: moment())
        let claims = (0..<Int(random.next() % 4)).map {
            BillingClaim(BillingUnit(item: random.next() % 4 == 0 ? "si_2" : "si_1", ordinal: $0), lostAt: moment())
        }
        func decide(_ time: Timestamp) -> BillingPlan {
            BillingPlan.decide(subscription, claims: claims, policy: Self.policy, at: time)
        }
        let plan = decide(Self.now)
        for (unit, wish) in plan.wishes {
            let claim = claims.first { $0.unit == unit }
            switch wish {
            case .destroy:
                #expect((claim?.lostAt).map { $0 + Self.week <= Self.now } == true)
            case .run: #expect(status == .active || status == .pastDue && claim != nil)
            case .keep, .leave: #expect(claim != nil)
            case .suspend: #expect(status != .active && status != .canceled)
            }
        }
        // Only a unit that is found lost now has a time that moves with the reading.
        guard !claims.contains(where: { $0.lostAt == nil }) else { return }
        if let change = plan.changesAt, change > Self.now {
            #expect(decide(change + .milliseconds(-1)).wishes == plan.wishes)
            #expect(decide(change).wishes != plan.wishes || status == .pastDue)
        } else if status != .pastDue || subscription.unpaidSince != nil {
            #expect(decide(Self.now + .seconds(10_000_000)).wishes == plan.wishes)
        }
    }
}
