/// How an ``HTTPClient`` behaves towards all servers.
public struct HTTPClientSettings: Sendable {
    /// The `User-Agent` of requests that bring none of their own.
    public var userAgent: String
    /// A file of trusted certificates (PEM) in place of the system's.
    public var certificateAuthorityFile: String?
    /// A proxy's URL. None goes straight to the server; the environment's `http_proxy` and its kin are never read.
    public var proxy: String?
    /// How many requests are under way at once; the others wait.
    public var maximumActive: Int
    /// How many requests may wait; one more is refused.
    public var maximumQueued: Int

    public init(
        userAgent: String = "aura", certificateAuthorityFile: String? = nil, proxy: String? = nil,
        maximumActive: Int = 64, maximumQueued: Int = 1024
    ) {
        self.userAgent = userAgent
        self.certificateAuthorityFile = certificateAuthorityFile
        self.proxy = proxy
        self.maximumActive = max(maximumActive, 1)
        self.maximumQueued = max(maximumQueued, 0)
    }
}
