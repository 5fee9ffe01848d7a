/// Looks at an agent from outside.
public protocol HealthDriver: Sendable {
    /// Returns what the agent said of itself once it is ready for work.
    ///
    /// Throws ``Failure``: transient while it does not answer or is not ready, permanent where looking again cannot help
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
    /// The HTTP status of its readiness endpoint.
    public var status: Int
    /// The body, cut to 200 bytes.
    public var body: String

    public init(status: Int, body: String) {
        self.status = status
        self.body = body
    }
}
