public import AuraModel

/// The private network that every agent's machine joins.
///
/// All calls throw ``Failure`` and follow the cancellation rule of ``ComputeDriver``.
public protocol NetworkDriver: Sendable {
    /// A new key that lets one machine join. Repeating a lost call leaves a key that expires by itself.
    func mintKey(_ specification: EnrolmentKeySpecification) async throws -> EnrolmentKey
    /// Revokes; a key that is gone already is no error.
    func revokeKey(id: String) async throws

    /// The device, or none where the network does not know it.
    func device(nodeID: String) async throws -> NetworkDevice?
    /// All devices of the network.
    func devices() async throws -> [NetworkDevice]
    /// The devices that call themselves so. Names are not unique: identity is the node id.
    func devices(hostname: String) async throws -> [NetworkDevice]
    /// Deletes; a device that is gone already is no error.
    func deleteDevice(nodeID: String) async throws
}

/// What a new enrolment key shall allow: one machine, preauthorised, tagged.
public struct EnrolmentKeySpecification: Sendable {
    /// Letters, digits, hyphen, underscore and blank, 50 at most.
    public var description: String
    public var lifetime: Duration

    public init(description: String, lifetime: Duration) {
        self.description = description
        self.lifetime = lifetime
    }
}

/// A key that lets one machine join.
public struct EnrolmentKey: Sendable {
    public var id: String
    public var secret: Secret

    public init(id: String, secret: Secret) {
        self.id = id
        self.secret = secret
    }
}

/// A machine that joined.
public struct NetworkDevice: Sendable, Hashable {
    public var nodeID: String
    public var hostname: String
    /// The MagicDNS name, without its final dot.
    public var name: String
    public var addresses: [String]
    public var tags: [String]
    public var isAuthorized: Bool

    public init(
        nodeID: String, hostname: String, name: String, addresses: [String], tags: [String], isAuthorized: Bool
    ) {
        self.nodeID = nodeID
        self.hostname = hostname
        self.name = name
        self.addresses = addresses
        self.tags = tags
        self.isAuthorized = isAuthorized
    }
}
