public import JSON

/// An instance: its requested state, its phase, and the facts that only instances of its kind have.
public struct Instance: Sendable, Hashable {
    /// The instance's own id.
    public var id: InstanceID
    /// The owner of the instance.
    public var tenant: TenantID
    /// The owner's name for the instance. It is a DNS label, unique among the tenant's live instances.
    public var name: String
    /// The kind of the instance.
    public let kind: InstanceKind
    /// The state that the owner requested.
    public var desired: DesiredState
    /// The present phase.
    public var phase: Phase
    /// The number of the instance's present machine, from 1. The retry of a failed provision increments it. Every name
    /// at a provider contains it.
    public var generation: Int
    /// The region in the catalogue, such as `eu-central`.
    public var region: String
    /// The size in the catalogue, such as `small`.
    public var size: String
    /// The change that last modified the instance.
    public var change: ChangeID
    /// The facts that only instances of this kind have, such as an agent's machine.
    public var facts: AnyInstanceFacts
    /// The cause of the last job's failure or parking, or the loss that a sweep found; `nil` if there is none.
    public var failure: Failure?
    /// The time at which the instance was accepted.
    public var createdAt: Timestamp
    /// The time of the last change by a worker or a sweep. The acceptance of an operation does not set it.
    public var updatedAt: Timestamp
    /// The time at which the instance first reached `running`. Metering starts here.
    public var runningAt: Timestamp?
    /// The time at which the instance reached `destroyed`.
    public var destroyedAt: Timestamp?
    /// Members of the stored document that only a newer daemon knows. They are written back unchanged, so that an older
    /// daemon that works on the instance does not remove them.
    public var otherMembers: JSONObject = [:]

    /// Creates a queued instance of generation 1 with the requested state `running` and without facts.
    public init(
        of definition: InstanceKindDefinition, id: InstanceID, tenant: TenantID, name: String, region: String,
        size: String, change: ChangeID, createdAt: Timestamp
    ) {
        self.init(
            kind: definition.kind, facts: AnyInstanceFacts(definition.facts.init()), id: id, tenant: tenant, name: name,
            region: region, size: size, change: change, createdAt: createdAt)
    }

    /// Creates a queued instance of generation 1 with the requested state `running` and these facts.
    public init(
        kind: InstanceKind, facts: AnyInstanceFacts, id: InstanceID, tenant: TenantID, name: String, region: String,
        size: String, change: ChangeID, createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.kind = kind
        self.facts = facts
        self.desired = .running
        self.phase = .queued
        self.generation = 1
        self.region = region
        self.size = size
        self.change = change
        self.createdAt = createdAt
        self.updatedAt = createdAt
    }

    /// The name of this generation's machine, key and device at the providers: `aura-ada-9f86d081-g1`.
    ///
    /// The name is derived from the row. A daemon that crashed before it stored a resource's id finds the resource by
    /// this name.
    public var resourceName: String { resourceName(generation: generation) }

    /// Returns the name of the given generation's machine, key and device.
    public func resourceName(generation: Int) -> String {
        "aura-\(name)-\(id.text.suffix(8))-g\(generation)"
    }
}

/// The kind of an instance. Any text is valid, because a newer daemon on the same database may know other kinds.
public struct InstanceKind: OpenName {
    /// The name in rows and on the wire.
    public let rawValue: String

    /// Creates a kind with this name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A machine with an always-on agent.
    public static let agent = InstanceKind("agent")

    /// The kinds that this version knows.
    public static let allCases: [InstanceKind] = [.agent]
}
