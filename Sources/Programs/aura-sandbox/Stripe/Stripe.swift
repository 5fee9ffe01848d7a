import FoundationEssentials
import JSON

/// The simulated Stripe account as one value: objects, events, deliveries of webhooks and the account's clock.
///
/// Like ``Cloud``, it does no IO and reads no clock. The account's clock is the real time plus an offset that tests
/// increase (`POST /_sandbox/stripe/clock`).
struct Stripe: Sendable {
    /// A change that is due at a time of the account's clock.
    enum Due: Sendable {
        /// The period of a subscription ends.
        case periodEnds(subscription: String)
        /// A trial ends in three days.
        case trialWillEnd(subscription: String)
        /// The time for the first payment of a subscription is over.
        case firstPaymentExpires(subscription: String)
        /// The time `cancel_at` of a subscription.
        case cancels(subscription: String)
        /// The draft of an invoice becomes final.
        case finalizes(invoice: String)
        /// The next attempt to pay an invoice.
        case retries(invoice: String)
        /// A Checkout session expires.
        case expires(session: String)
    }

    /// The time on the account's clock, in seconds since 1970.
    private(set) var now: Int64
    /// The real time.
    private(set) var real: Date
    private var offsetSeconds: Int64 = 0
    var settings: Settings
    /// The randomness of ids. Ids therefore depend only on the seed and on the order of the changes.
    var random: SeededRandom
    /// The randomness of request ids and of faults of webhooks.
    var otherRandom: SeededRandom
    var schedule = EventHeap<Due>()

    var products = StripeTable<Product>()
    var prices = StripeTable<Price>()
    var customers = StripeTable<Customer>()
    var sessions = StripeTable<CheckoutSession>()
    var links = StripeTable<PaymentLink>()
    var subscriptions = StripeTable<Subscription>()
    var invoices = StripeTable<Invoice>()
    var intents = StripeTable<PaymentIntent>()
    var charges = StripeTable<Charge>()
    var refunds = StripeTable<Refund>()
    var disputes = StripeTable<Dispute>()
    var endpoints = StripeTable<WebhookEndpoint>()
    var events = StripeTable<Event>()
    /// The subscriptions of subscription items.
    var itemOwners: [String: String] = [:]

    var idempotency = IdempotencyStore()
    var limiter: StripeLimiter
    var webhooks = WebhookQueue()
    var webhookFaults = WebhookFaults()
    /// The changes of subscriptions that follow their next events.
    var changesAfterEvents: [ChangeAfterEvent] = []
    /// The call that is being handled, for the member `request` of events; `nil` for changes by the clock.
    var cause: Cause?

    /// The call that causes an event.
    struct Cause: Sendable {
        var requestID: String
        var idempotencyKey: String?
    }

    /// Creates an account without objects.
    init(settings: Settings, seed: UInt64, now: Date) {
        self.settings = settings
        real = now
        self.now = Int64(now.timeIntervalSince1970)
        random = SeededRandom(seed: seed ^ 0x5354_5249_5045_0001)
        otherRandom = SeededRandom(seed: seed ^ 0x5354_5249_5045_0002)
        limiter = StripeLimiter(now: now)
    }

    /// Processes all changes that are due at the real time `time`, in order, each at its own time.
    mutating func advance(to time: Date, _ settings: Settings) {
        self.settings = settings
        real = max(real, time)
        let target = max(now, Int64(real.timeIntervalSince1970) + offsetSeconds)
        while let (at, due) = schedule.take(dueAt: Date(timeIntervalSince1970: Double(target))) {
            now = max(now, Int64(at.timeIntervalSince1970))
            process(due)
        }
        now = target
    }

    /// Moves the account's clock forward and processes the changes that become due.
    mutating func moveClock(bySeconds seconds: Int64) {
        offsetSeconds += seconds
        advance(to: real, settings)
    }

    /// Schedules a change at a time of the account's clock.
    mutating func plan(_ due: Due, at time: Int64) {
        schedule.add(due, at: Date(timeIntervalSince1970: Double(time)))
    }

    private mutating func process(_ due: Due) {
        switch due {
        case .periodEnds(let id): periodEnded(id)
        case .trialWillEnd(let id): announceEndOfTrial(id)
        case .firstPaymentExpires(let id): expireFirstPayment(id)
        case .cancels(let id): cancelAtPlannedTime(id)
        case .finalizes(let id): finalizeDraft(id)
        case .retries(let id): retryPayment(id)
        case .expires(let id): expireSession(id)
        }
    }

    /// Discards all objects, events, deliveries and faults. The clock and the randomness continue.
    mutating func reset() {
        var fresh = Stripe(settings: settings, seed: 0, now: real)
        (fresh.random, fresh.otherRandom) = (random, otherRandom)
        (fresh.now, fresh.offsetSeconds) = (now, offsetSeconds)
        self = fresh
    }

    /// Returns a new id: a prefix as `cus_` and letters and digits.
    mutating func newID(_ prefix: String, length: Int = 24) -> String { prefix + random.word(length) }
}

/// The limit of calls per second of the account. It uses real time.
struct StripeLimiter: Sendable {
    private var level = 0.0
    private var updated: Date

    init(now: Date) { updated = now }

    /// Counts one call. Returns false if more than `perSecond` calls arrived within about one second.
    mutating func admit(perSecond: Double, now: Date) -> Bool {
        level = max(0, level - max(0, now.timeIntervalSince(updated)) * perSecond)
        updated = now
        guard level + 1 <= perSecond else { return false }
        level += 1
        return true
    }
}
