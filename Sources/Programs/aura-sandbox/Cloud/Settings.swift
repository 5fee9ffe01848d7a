import JSON

/// The settings that `POST /_sandbox/settings` changes. Durations are seconds at time scale 1. A change affects only
/// work that begins later.
struct Settings: Codable, Sendable {
    /// Multiplies the durations below, except those marked "not scaled"; 0.1 makes the cloud ten times faster.
    var timeScale = 1.0
    var createSeconds = 20.0
    var startSeconds = 5.0
    var stopSeconds = 2.0
    /// The time until the ACPI signal counts as delivered.
    var shutdownSeconds = 0.5
    /// The time from the ACPI signal until the guest is off, if servers are only simulated.
    var guestShutdownSeconds = 8.0
    var rebootSeconds = 4.0
    var deleteSeconds = 3.0
    var firewallSeconds = 1.0
    /// The time from `running` until the agent replies to health checks, if servers are only simulated.
    var bootSeconds = 0.0
    /// The lifetime of an OAuth access token, not scaled.
    var tokenSeconds = 3_600.0
    /// The time without contact after which an ephemeral node is removed, not scaled.
    var ephemeralSeconds = 3_600.0
    /// The number of servers that may exist at the same time.
    var serverLimit = 100_000.0
    /// Whether DELETE is accepted while a server is being created. The behaviour of the real API is not known.
    var deleteDuringCreate = false
    /// Whether nodes that join with a key that is not preauthorised wait for approval.
    var deviceApproval = false
    /// Whether all nodes wait for approval, even with a preauthorised key.
    var approvalForAll = false
    /// Whether nodes that join are locked out until they are signed (`POST /_sandbox/sign-node`).
    var tailnetLock = false
    /// Offers (`TYPE@LOCATION`) whose end was announced and has passed.
    var retiredOffers: [String] = []
    /// The tags of the OAuth client. A key must have exactly these tags, or only tags of `ownedTags`.
    var clientTags = ["tag:aura-vm"]
    /// Tags that the client's tags own, by `tagOwners` of the tailnet's policy.
    var ownedTags: [String] = []

    /// The number of calls per second of Stripe's API, not scaled; a sandbox of Stripe has 25.
    var stripeCallsPerSecond = 25.0
    /// The time from the end of a subscription's period until the draft of its invoice is final, on Stripe's clock.
    var invoiceDraftSeconds = 3_600.0
    /// The time between two attempts to pay an invoice, on Stripe's clock.
    var dunningSeconds = 259_200.0
    /// The number of attempts that follow a failed payment.
    var dunningRetries = 3.0
    /// Whether the last failed attempt cancels the subscription. Otherwise the subscription becomes `unpaid`.
    var dunningCancels = true
    /// The time after which a webhook is delivered again for the first time; each further time is twice as long.
    var webhookRetrySeconds = 3_600.0
    /// The number of deliveries that follow a failed one.
    var webhookRetries = 3.0
    /// The time that a receiver of webhooks has for its response, not scaled.
    var webhookTimeoutSeconds = 10.0
    /// The number of webhooks that are delivered at the same time, at most 64.
    var webhookConcurrency = 16.0

    /// Replaces the named values. It throws, and changes nothing, for an unknown name, a wrong type or a number outside
    /// 0 to 1e9.
    mutating func merge(_ values: [String: JSONValue]) throws {
        var merged = try json
        for (name, value) in values {
            guard let current = merged[name], Self.isValid(value, insteadOf: current) else {
                throw APIError.invalid(
                    name, "cannot set '\(name)': no such setting, or its value is of another kind or out of range")
            }
            merged[name] = value
        }
        self = try JSONValueDecoder().decode(Settings.self, from: merged)
    }

    /// The settings by name.
    var json: JSONValue {
        get throws {
            var members = try JSONValueEncoder().encode(self).objectValue ?? [:]
            members.sort { $0.key < $1.key }
            return .object(members)
        }
    }

    private static func isValid(_ value: JSONValue, insteadOf current: JSONValue) -> Bool {
        if current.doubleValue != nil { return value.doubleValue.map { (0...1e9).contains($0) } ?? false }
        if current.boolValue != nil { return value.boolValue != nil }
        return value.arrayValue?.allSatisfy { $0.stringValue != nil } ?? false
    }
}
