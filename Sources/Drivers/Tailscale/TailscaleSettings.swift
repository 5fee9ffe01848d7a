public import AuraModel

/// How a tailnet is reached and what new machines are in it.
public struct TailscaleSettings: Sendable {
    /// The id of an OAuth client with the scopes `auth_keys` and `devices:core`.
    public var clientID: String
    public var clientSecret: Secret
    /// The tags of new machines: exactly the OAuth client's own tags, or tags that one of them owns (`tagOwners`).
    public var tags: [String]
    /// The base URL, without a final slash.
    public var endpoint: String
    /// Whether a machine leaves the tailnet by itself some time after its last contact. Off by default, since a machine
    /// that is suspended would lose its place and its address. The keys are for one machine only in either case.
    public var ephemeralNodes: Bool
    /// `-` is the tailnet of the OAuth client.
    public var tailnet: String
    /// How long one call may take.
    public var requestTimeout: Duration
    /// How often a call that only reads is repeated after 429, 5xx and time-outs.
    public var readRetries: Int
    /// How many calls are under way at once.
    public var maximumConcurrentRequests: Int

    public init(
        clientID: String, clientSecret: Secret, tags: [String],
        endpoint: String = "https://api.tailscale.com/api/v2", ephemeralNodes: Bool = false, tailnet: String = "-",
        requestTimeout: Duration = .seconds(30), readRetries: Int = 3, maximumConcurrentRequests: Int = 8
    ) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.tags = tags
        self.endpoint = endpoint
        self.ephemeralNodes = ephemeralNodes
        self.tailnet = tailnet
        self.requestTimeout = requestTimeout
        self.readRetries = readRetries
        self.maximumConcurrentRequests = maximumConcurrentRequests
    }
}
