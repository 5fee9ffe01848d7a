// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A thing that should exist, and what is true of it.
public struct InstanceView: Sendable, Hashable, Codable {
    public var id: InstanceID
    public var name: String
    public var tenant: TenantID
    public var kind: Open<InstanceKind>
    public var desired: Open<DesiredState>
    public var phase: Open<Phase>
    /// The catalogue's name of where it stands, such as `eu-central`.
    public var region: String
    /// The catalogue's name of how large it is, such as `small`.
    public var size: String
    /// Counts the machines that were built for it.
    public var generation: Int
    /// The change that last touched it.
    public var change: ChangeID
    /// The machine, from the moment that its id is known until it is gone.
    public var server: ServerFacts?
    /// From when it joined until it left.
    public var tailnet: TailnetFacts?
    /// What the agent says of itself.
    public var agentVersion: String?
    /// Why the last job did not reach what was asked.
    public var failure: FailureView?
    public var createdAt: Timestamp
    /// When anything of this changed last.
    public var updatedAt: Timestamp
    /// When it first reached `running`: metering starts here.
    public var runningAt: Timestamp?
    public var destroyedAt: Timestamp?

    public init(
        id: InstanceID, name: String, tenant: TenantID, kind: Open<InstanceKind>, desired: Open<DesiredState>,
        phase: Open<Phase>, region: String, size: String, generation: Int, change: ChangeID, server: ServerFacts? = nil,
        tailnet: TailnetFacts? = nil, agentVersion: String? = nil, failure: FailureView? = nil, createdAt: Timestamp,
        updatedAt: Timestamp, runningAt: Timestamp? = nil, destroyedAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.tenant = tenant
        self.kind = kind
        self.desired = desired
        self.phase = phase
        self.region = region
        self.size = size
        self.generation = generation
        self.change = change
        self.server = server
        self.tailnet = tailnet
        self.agentVersion = agentVersion
        self.failure = failure
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.runningAt = runningAt
        self.destroyedAt = destroyedAt
    }
}
