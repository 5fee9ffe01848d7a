public import AuraModel

/// The private network that every agent's machine joins.
///
/// All calls throw ``Failure`` and follow the cancellation rule of ``ComputeDriver``.
public protocol NetworkDriver: Sendable {
    /// The tags of every device that joins with a key from ``mintKey(_:)``. A device without all of them is not Aura's.
    var machineTags: Set<String> { get }

    /// A new key that lets one machine join. Repeating a lost call leaves a key that expires by itself.
    func mintKey(_ specification: EnrolmentKeySpecification) async throws -> EnrolmentKey
    /// Revokes; a key that is gone already is no error.
    func revokeKey(id: String) async throws

    /// The device, or none where the network does not know it.
    func device(nodeID: String) async throws -> NetworkDevice?
    /// All devices of the network.
    func devices() async throws -> [NetworkDevice]
    /// The devices with this host name, or this host name and a number (`NAME-1`). Names are not unique: identity is the
    /// node id.
    func devices(hostname: String) async throws -> [NetworkDevice]
    /// Deletes the device without looking at it; a device that is gone already is no error. The caller must have read the
    /// device and found it to be Aura's.
    func deleteDevice(nodeID: String) async throws

    /// Tries with a key that is revoked at once what a machine's enrolment needs. Throws if the network cannot be asked.
    func check() async throws -> [ProviderFinding]
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
    /// The network's own time of creation, or `nil` if it gave none.
    public var created: Timestamp?

    public init(id: String, secret: Secret, created: Timestamp? = nil) {
        self.id = id
        self.secret = secret
        self.created = created
    }
}

/// What an administrator of the network has to do before a device that joined takes part in it.
public struct DeviceObstacle: Sendable, Hashable {
    /// A stable text for programs.
    public var code: String
    /// For people: what is wrong and the remedy.
    public var message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
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
    /// Why the network keeps the device apart although it joined, or `nil` if it takes part.
    public var obstacle: DeviceObstacle?
    /// When the network admitted it, or `nil` if the network does not say: Tailscale leaves it empty for external devices.
    public var created: Timestamp?
    /// True if another network shares the device with this one.
    public var isExternal: Bool

    public init(
        nodeID: String, hostname: String, name: String, addresses: [String], tags: [String], isAuthorized: Bool,
        obstacle: DeviceObstacle? = nil, created: Timestamp? = nil, isExternal: Bool = false
    ) {
        self.nodeID = nodeID
        self.hostname = hostname
        self.name = name
        self.addresses = addresses
        self.tags = tags
        self.isAuthorized = isAuthorized
        self.obstacle = obstacle
        self.created = created
        self.isExternal = isExternal
    }

    /// True if the host name is `name`, or `name` with a hyphen and a number, as Tailscale writes a name that is taken.
    public func isNamed(_ name: String) -> Bool {
        if hostname == name { return true }
        guard hostname.hasPrefix(name + "-") else { return false }
        let suffix = hostname.utf8.dropFirst(name.utf8.count + 1)
        return !suffix.isEmpty && suffix.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// True if the device belongs to this network and has all of `tags`. No tags at all match nothing.
    public func carries(_ tags: Set<String>) -> Bool {
        !isExternal && !tags.isEmpty && tags.isSubset(of: self.tags)
    }
}
