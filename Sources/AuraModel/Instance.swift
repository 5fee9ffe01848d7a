public import JSON

/// A thing that should exist, and what is known of it.
public struct Instance: Sendable, Hashable, Codable {
    public var id: InstanceID
    public var tenant: TenantID
    /// The owner's name for it, unique among the tenant's live instances: a DNS label.
    public var name: String
    public var kind: InstanceKind
    public var desired: DesiredState
    public var phase: Phase
    /// Counts the machines that were built for this instance; part of every outside name.
    public var generation: Int
    /// The catalogue's names, such as `eu-central` and `small`.
    public var region: String
    public var size: String
    /// The change that last touched it.
    public var change: ChangeID
    /// The machine, from the moment that its id is known until it is gone.
    public var server: ServerFacts?
    public var tailnet: TailnetFacts?
    public var agentVersion: String?
    /// Why the last job did not reach what was asked.
    public var failure: Failure?
    public var createdAt: Timestamp
    public var updatedAt: Timestamp
    /// When it first reached `running`: metering starts here.
    public var runningAt: Timestamp?
    public var destroyedAt: Timestamp?
    /// What a newer daemon wrote down of it beside these. Kept with the row, so that an older one that works on the instance takes
    /// nothing away; no part of its `Codable` form.
    public var otherMembers: JSONObject = [:]

    /// The members of its document.
    public enum CodingKeys: String, CodingKey, CaseIterable {
        case id, tenant, name, kind, desired, phase, generation, region, size, change, server, tailnet, agentVersion
        case failure, createdAt, updatedAt, runningAt, destroyedAt
    }

    public init(
        id: InstanceID, tenant: TenantID, name: String, kind: InstanceKind = .agent, region: String, size: String,
        change: ChangeID, createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.kind = kind
        self.desired = .running
        self.phase = .queued
        self.generation = 1
        self.region = region
        self.size = size
        self.change = change
        self.createdAt = createdAt
        self.updatedAt = createdAt
    }

    /// The name of this generation's machine, key and device in the outside world: `aura-ada-9f86d081-g1`.
    ///
    /// Derived, so that a daemon that died before it could write an id down finds its machine again.
    public var outsideName: String { outsideName(generation: generation) }

    /// The name of an earlier generation's machine, key and device.
    public func outsideName(generation: Int) -> String {
        "aura-\(name)-\(id.text.suffix(8))-g\(generation)"
    }
}

/// What sort of thing an instance is. Any text, since a newer daemon on the same database may know others.
public struct InstanceKind: OpenName {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public static let agent = InstanceKind("agent")

    /// The kinds that this version knows.
    public static let allCases: [InstanceKind] = [.agent]
}

/// A machine as its provider knows it.
public struct ServerFacts: Sendable, Hashable, Codable {
    public var id: String
    public var name: String
    /// The public IPv4 address, or the IPv6 address where it has no other.
    public var address: String
    public var location: String
    public var type: String

    public init(id: String, name: String, address: String, location: String, type: String) {
        self.id = id
        self.name = name
        self.address = address
        self.location = location
        self.type = type
    }
}

/// A machine as its tailnet knows it.
public struct TailnetFacts: Sendable, Hashable, Codable {
    public var nodeId: String
    /// The MagicDNS name, without its final dot.
    public var name: String
    public var addresses: [String]

    public init(nodeId: String, name: String, addresses: [String]) {
        self.nodeId = nodeId
        self.name = name
        self.addresses = addresses
    }
}
