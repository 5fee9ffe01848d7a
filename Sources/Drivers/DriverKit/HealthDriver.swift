/// A driver that checks an agent's health over the network.
public protocol HealthDriver: Sendable {
    /// Returns the agent's own report if the agent has started.
    ///
    /// An agent has started if `/startupz` returns a 2xx status, or if `/healthz` does and `/startupz` returns 404.
    /// `/readyz` includes the agent's channels, which may be broken for reasons outside the machine; it only fills
    /// ``HealthReport/channelsNotReady``.
    ///
    /// Throws `Failure`: transient if the agent does not reply or has not started; permanent if a retry cannot help. A
    /// retry cannot help, for example, if the machine presents another host key, refuses the private key or has no
    /// `curl`.
    func probe(_ target: HealthTarget) async throws -> HealthReport
}

/// The address of an agent and the access to its machine.
public struct HealthTarget: Sendable {
    /// The host name or IP address.
    public var address: String
    /// The TCP port of the agent.
    public var port: Int
    /// The access to the machine if the agent listens on its loopback address only. `nil` if no key is stored.
    public var access: SSHAccess?

    /// Creates a target.
    public init(address: String, port: Int, access: SSHAccess?) {
        self.address = address
        self.port = port
        self.access = access
    }
}

/// The result of an agent's health check.
public struct HealthReport: Sendable, Hashable {
    /// The HTTP status of the start-up endpoint.
    public var status: Int
    /// The body, cut to 200 bytes.
    public var body: String
    /// The reply of `/readyz` if its status was not 2xx, such as `status 503: telegram: no token`. `nil` if all
    /// channels are ready, if there is no such endpoint, or if the request failed.
    public var channelsNotReady: String?

    /// Creates a report.
    public init(status: Int, body: String, channelsNotReady: String? = nil) {
        self.status = status
        self.body = body
        self.channelsNotReady = channelsNotReady
    }
}
