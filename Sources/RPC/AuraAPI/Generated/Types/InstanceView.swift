// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// An instance: its desired state, its phase, and the facts about its machine.
public struct InstanceView: Sendable, Hashable, Codable {
    public var id: InstanceID
    public var name: String
    public var tenant: TenantID
    public var kind: Open<InstanceKind>
    public var desired: Open<DesiredState>
    public var phase: Open<Phase>
    /// The configured name of its region, such as `eu-central`.
    public var region: String
    /// The configured name of its size, such as `small`.
    public var size: String
    /// The number of the instance's machine, from 1. A retried provision increases it by 1.
    public var generation: Int
    /// The change that created the instance or that caused the last job to start on it.
    public var change: ChangeID
    /// The machine; absent until its id is known, and after it was deleted.
    public var server: ServerFacts?
    /// The machine's tailnet device; absent until it has joined, and after it was removed.
    public var tailnet: TailnetFacts?
    /// The agent's version, as the configuration of the machine reported it; absent until then.
    public var agentVersion: String?
    /// The last failure of a job, of an undo, or of the machine; absent if there is none. The start of a job clears
    /// it.
    public var failure: FailureView?
    /// The time at which the instance was accepted.
    public var createdAt: Timestamp
    /// The time of the last change to any member.
    public var updatedAt: Timestamp
    /// The first time at which the instance was `running`; absent before. Metering starts here.
    public var runningAt: Timestamp?
    /// The time at which the instance was destroyed; absent before.
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
