public import AuraModel

/// How the tailnet is reached, and what its new machines may be.
public struct TailscaleSettings: Sendable {
    /// The base URL, without a final slash.
    public var endpoint: String
    /// The OAuth client; its scopes are `auth_keys` and `devices:core`.
    public var clientID: String
    public var clientSecret: Secret
    /// The tags of new machines: the client's complete set, or tags that the client's tag owns. A part of its set is refused.
    public var tags: [String]
    /// Whether nodes vanish some time after their last contact. Off: a suspended machine would be lost.
    public var ephemeralNodes: Bool
    public var requestTimeout: Duration
    /// How many calls are under way at once.
    public var maximumConcurrentRequests: Int

    public init(
        endpoint: String = "https://api.tailscale.com/api/v2", clientID: String, clientSecret: Secret, tags: [String],
        ephemeralNodes: Bool = false, requestTimeout: Duration = .seconds(30), maximumConcurrentRequests: Int = 8
    ) {
        self.endpoint = endpoint
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.tags = tags
        self.ephemeralNodes = ephemeralNodes
        self.requestTimeout = requestTimeout
        self.maximumConcurrentRequests = maximumConcurrentRequests
    }
}
