/// Looks at an agent from outside.
public protocol HealthDriver: Sendable {
    /// Returns what the agent reports of itself once it has started.
    ///
    /// Started means: `/startupz` answers 200, or `/healthz` does if there is no `/startupz`. `/readyz` counts the
    /// agent's channels in, which may be broken for reasons outside the machine; it only fills
    /// ``HealthReport/channelsNotReady``.
    ///
    /// Throws ``Failure``: transient while it does not answer or has not started, permanent where looking again cannot help
    /// (a host key that is not the machine's, a key that it refuses).
    func probe(_ target: HealthTarget) async throws -> HealthReport
}

/// Which agent to look at, and how.
public struct HealthTarget: Sendable {
    public var address: String
    public var port: Int
    /// How to reach the machine where the agent listens on its loopback address only. None where no key is kept.
    public var access: SSHAccess?

    public init(address: String, port: Int, access: SSHAccess?) {
        self.address = address
        self.port = port
        self.access = access
    }
}

/// What an agent said of itself.
public struct HealthReport: Sendable, Hashable {
    /// The HTTP status of its start-up endpoint.
    public var status: Int
    /// The body, cut to 200 bytes.
    public var body: String
    /// The answer of `/readyz` if it was not 2xx, such as `status 503: telegram: no token`; `nil` if all is ready, if
    /// there is no such endpoint or if it could not be asked.
    public var channelsNotReady: String?

    public init(status: Int, body: String, channelsNotReady: String? = nil) {
        self.status = status
        self.body = body
        self.channelsNotReady = channelsNotReady
    }
}
