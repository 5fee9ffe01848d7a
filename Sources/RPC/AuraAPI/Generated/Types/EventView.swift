// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSON

/// An entry of the ledger. `seq` has no gaps and follows the order of the commits.
public struct EventView: Sendable, Hashable, Codable {
    /// The position in the ledger, from 1.
    public var seq: Int64
    /// The time of the event.
    public var at: Timestamp
    public var type: Open<EventType>
    /// The tenant of the instance; `default` if the event has no instance.
    public var tenant: TenantID
    /// The instance of the event; absent if there is none.
    public var instance: InstanceID?
    /// The job of the event; absent if there is none.
    public var job: JobID?
    /// The change that caused the event; absent if there is none.
    public var change: ChangeID?
    /// Who caused the event; absent if the daemon did by itself.
    public var principal: PrincipalID?
    /// The instance's phase after the event; absent if the event does not report it.
    public var phase: Open<Phase>?
    /// The name of the step, such as `server.create`; absent if the event concerns no step.
    public var step: String?
    /// The progress of the job, from 0 to 1; absent if the event does not report it. It never decreases within a job.
    public var progress: Double?
    /// A description for people.
    public var message: String
    /// Further facts; their shape depends on `type`. Absent if there are none.
    public var data: JSONValue?

    public init(
        seq: Int64, at: Timestamp, type: Open<EventType>, tenant: TenantID, instance: InstanceID? = nil,
        job: JobID? = nil, change: ChangeID? = nil, principal: PrincipalID? = nil, phase: Open<Phase>? = nil,
        step: String? = nil, progress: Double? = nil, message: String, data: JSONValue? = nil
    ) {
        self.seq = seq
        self.at = at
        self.type = type
        self.tenant = tenant
        self.instance = instance
        self.job = job
        self.change = change
        self.principal = principal
        self.phase = phase
        self.step = step
        self.progress = progress
        self.message = message
        self.data = data
    }
}
