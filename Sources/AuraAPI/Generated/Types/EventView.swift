// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSON

/// An entry of the ledger. `seq` has no gaps and is in the order of the commits.
public struct EventView: Sendable, Hashable, Codable {
    /// Its place in the ledger, from 1.
    public var seq: Int64
    public var at: Timestamp
    public var type: Open<EventType>
    public var tenant: TenantID
    public var instance: InstanceID?
    public var job: JobID?
    public var change: ChangeID?
    public var phase: Open<Phase>?
    /// The name of the step that it is about.
    public var step: String?
    /// How far the job is.
    public var progress: Double?
    /// For people.
    public var message: String
    /// What belongs to its type.
    public var data: JSONValue?

    public init(
        seq: Int64, at: Timestamp, type: Open<EventType>, tenant: TenantID, instance: InstanceID? = nil,
        job: JobID? = nil, change: ChangeID? = nil, phase: Open<Phase>? = nil, step: String? = nil,
        progress: Double? = nil, message: String, data: JSONValue? = nil
    ) {
        self.seq = seq
        self.at = at
        self.type = type
        self.tenant = tenant
        self.instance = instance
        self.job = job
        self.change = change
        self.phase = phase
        self.step = step
        self.progress = progress
        self.message = message
        self.data = data
    }
}
