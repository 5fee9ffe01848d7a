public import DriverKit

/// The access to a Stripe account.
public struct StripeSettings: Sendable {
    /// The version of the API that this driver reads (`facts/stripe.md`). Each call asks for it, because an account has a
    /// default version of its own.
    public static let apiVersion = "2026-06-24.dahlia"

    /// A secret key, or a restricted key that may read subscriptions, invoices, checkout sessions and events.
    public var key: ProviderCredential
    /// The base URL, without a final slash.
    public var endpoint: String
    /// The time limit of one call.
    public var requestTimeout: Duration
    /// The maximum number of retries of a call after 409, 429, 5xx and timeouts.
    public var readRetries: Int
    /// The maximum number of concurrent calls. Stripe allows 100 calls a second in live mode and 25 in test mode.
    public var maximumConcurrentRequests: Int

    /// Creates settings. The key has no default.
    public init(
        key: ProviderCredential, endpoint: String = "https://api.stripe.com", requestTimeout: Duration = .seconds(30),
        readRetries: Int = 3, maximumConcurrentRequests: Int = 4
    ) {
        self.key = key
        self.endpoint = endpoint
        self.requestTimeout = requestTimeout
        self.readRetries = readRetries
        self.maximumConcurrentRequests = maximumConcurrentRequests
    }
}
