/// The settings of an ``HTTPClient`` for all servers.
public struct HTTPClientSettings: Sendable {
    /// The `User-Agent` of requests without their own.
    public var userAgent: String
    /// A file of trusted certificates (PEM) that replaces the system's.
    public var certificateAuthorityFile: String?
    /// The URL of a proxy, or `nil` for direct connections. The client never reads `http_proxy` and related environment
    /// variables.
    public var proxy: String?
    /// The rule for URLs that customers chose; `nil` if all URLs come from the configuration. With a rule, the client
    /// uses no proxy, because a proxy would connect to addresses that the client cannot judge.
    public var destinations: DestinationPolicy?
    /// The maximum number of requests in progress. Further requests wait.
    public var maximumActive: Int
    /// The maximum number of waiting requests. Further requests fail with ``HTTPError/Code/overloaded``.
    public var maximumQueued: Int

    /// Creates settings. `maximumActive` is at least 1 and `maximumQueued` at least 0.
    public init(
        userAgent: String = "aura", certificateAuthorityFile: String? = nil, proxy: String? = nil,
        destinations: DestinationPolicy? = nil, maximumActive: Int = 64, maximumQueued: Int = 1024
    ) {
        self.userAgent = userAgent
        self.certificateAuthorityFile = certificateAuthorityFile
        self.proxy = proxy
        self.destinations = destinations
        self.maximumActive = max(maximumActive, 1)
        self.maximumQueued = max(maximumQueued, 0)
    }
}
