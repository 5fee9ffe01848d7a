/// The facts about a machine from its provider.
public struct ServerFacts: Sendable, Hashable, Codable {
    /// The provider's id.
    public var id: String
    /// The name at the provider.
    public var name: String
    /// The public IPv4 address, or the IPv6 address if there is no IPv4 address.
    public var address: String
    /// The provider's name of the location.
    public var location: String
    /// The provider's name of the machine type.
    public var type: String

    /// Creates the facts of one machine.
    public init(id: String, name: String, address: String, location: String, type: String) {
        self.id = id
        self.name = name
        self.address = address
        self.location = location
        self.type = type
    }
}

/// The facts about a machine from its tailnet.
public struct TailnetFacts: Sendable, Hashable, Codable {
    /// The stable node id.
    public var nodeId: String
    /// The MagicDNS name, without its final dot.
    public var name: String
    /// The addresses in the tailnet.
    public var addresses: [String]

    /// Creates the facts of one device.
    public init(nodeId: String, name: String, addresses: [String]) {
        self.nodeId = nodeId
        self.name = name
        self.addresses = addresses
    }
}
