public import DriverKit

/// The settings of a tailnet: its access and the properties of new machines.
public struct TailscaleSettings: Sendable {
    /// The id of an OAuth client with the scopes `auth_keys` and `devices:core`.
    public var clientID: String
    /// The secret of the OAuth client.
    public var clientSecret: ProviderCredential
    /// The tags of new machines: exactly the OAuth client's own tags, or tags that one of them owns (`tagOwners`).
    public var tags: [String]
    /// The base URL, without a final slash.
    public var endpoint: String
    /// True if a machine leaves the tailnet automatically some time after its last contact. False by default, because a
    /// suspended machine would lose its device and its address. In both cases a key admits one machine only.
    public var ephemeralNodes: Bool
    /// The name of the tailnet. `-` is the tailnet of the OAuth client.
    public var tailnet: String
    /// The time limit of one call.
    public var requestTimeout: Duration
    /// The maximum number of retries of a read after 429, 5xx (not 501) and timeouts.
    public var readRetries: Int
    /// The maximum number of concurrent calls.
    public var maximumConcurrentRequests: Int

    /// Creates settings. The client, its secret and the tags have no default.
    public init(
        clientID: String, clientSecret: ProviderCredential, tags: [String],
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
