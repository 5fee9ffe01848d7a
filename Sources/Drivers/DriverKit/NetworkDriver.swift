public import AuraModel

/// A driver for the private network that every agent's machine joins.
///
/// All calls throw `Failure` and follow the cancellation rule of ``ComputeDriver``.
public protocol NetworkDriver: Sendable {
    /// The tags of every device that joins with a key from ``mintKey(_:)``. A device without all of these tags does not
    /// belong to Aura.
    var machineTags: Set<String> { get }

    /// Creates a key that lets one machine join. If the reply is lost, the call can be repeated, because an unused key
    /// expires by itself.
    func mintKey(_ specification: EnrolmentKeySpecification) async throws -> EnrolmentKey
    /// Revokes the key. A key that does not exist is not an error.
    func revokeKey(id: String) async throws

    /// Returns the device, or `nil` if the network does not know it.
    func device(nodeID: String) async throws -> NetworkDevice?
    /// Returns all devices of the network.
    func devices() async throws -> [NetworkDevice]
    /// Returns the devices with this host name, or with this host name, a hyphen and a number (`NAME-1`). Host names
    /// are not unique: the node id identifies a device.
    func devices(hostname: String) async throws -> [NetworkDevice]
    /// Deletes the device without reading it first. A device that does not exist is not an error. The caller must have
    /// read the device and verified that it belongs to Aura.
    func deleteDevice(nodeID: String) async throws

    /// Checks the permissions for enrolments with a test key, which is revoked at once. Throws if the network cannot be
    /// reached.
    func check() async throws -> [ProviderFinding]
}

/// The parameters of a new enrolment key. Each key admits one machine, preauthorised and tagged.
public struct EnrolmentKeySpecification: Sendable {
    /// A description of at most 50 characters: letters, digits, hyphens, underscores and spaces.
    public var description: String
    /// The time until the key expires.
    public var lifetime: Duration

    /// Creates the parameters of a new key.
    public init(description: String, lifetime: Duration) {
        self.description = description
        self.lifetime = lifetime
    }
}

/// A key that lets one machine join the network.
public struct EnrolmentKey: Sendable {
    /// The network's id of the key.
    public var id: String
    /// The key itself.
    public var secret: Secret
    /// The time of creation by the network's clock, or `nil` if the network did not return it.
    public var created: Timestamp?

    /// Creates a description of a key.
    public init(id: String, secret: Secret, created: Timestamp? = nil) {
        self.id = id
        self.secret = secret
        self.created = created
    }
}

/// A problem that an administrator of the network must solve before a device that joined can communicate.
public struct DeviceObstacle: Sendable, Hashable {
    /// A stable text for programs.
    public var code: String
    /// A description of the problem and its remedy, for people.
    public var message: String

    /// Creates a description of a problem.
    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}

/// A machine that joined the network.
public struct NetworkDevice: Sendable, Hashable {
    /// The stable node id.
    public var nodeID: String
    /// The host name, which may have a number appended.
    public var hostname: String
    /// The MagicDNS name, without its final dot.
    public var name: String
    /// The addresses in the network.
    public var addresses: [String]
    /// The tags of the device.
    public var tags: [String]
    /// True if the network has authorized the device.
    public var isAuthorized: Bool
    /// The reason why the device joined but cannot communicate, or `nil` if it can.
    public var obstacle: DeviceObstacle?
    /// The time at which the network admitted the device, or `nil` if it is unknown: Tailscale leaves it empty for
    /// external devices.
    public var created: Timestamp?
    /// True if the device belongs to another network and is shared with this one.
    public var isExternal: Bool

    /// Creates a description of a device.
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

    /// Returns true if the host name is `name`, or `name` with a hyphen and a number. Tailscale appends a number to a
    /// name that is in use.
    public func isNamed(_ name: String) -> Bool {
        if hostname == name { return true }
        guard hostname.hasPrefix(name + "-") else { return false }
        let suffix = hostname.utf8.dropFirst(name.utf8.count + 1)
        return !suffix.isEmpty && suffix.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Returns true if the device belongs to this network and has all of `tags`. An empty set matches no device.
    public func carries(_ tags: Set<String>) -> Bool {
        !isExternal && !tags.isEmpty && tags.isSubset(of: self.tags)
    }
}
