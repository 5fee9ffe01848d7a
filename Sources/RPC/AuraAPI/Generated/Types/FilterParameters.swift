// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// Selects events. An event must match every member that is given; an empty filter matches all events.
public struct FilterParameters: Sendable, Hashable, Codable {
    /// Events of this instance; all instances if absent. An unknown one is `instanceNotFound`.
    public var instance: String?
    /// Events of this job; all jobs if absent. An unknown one is `jobNotFound`.
    public var job: JobID?
    /// Events of this tenant; all tenants if absent. An `instance` given by name is looked up in this tenant, or in
    /// `default` if absent.
    public var tenant: TenantID?
    /// Events of this change; all changes if absent.
    public var change: ChangeID?
    /// Events of one of these types; all types if absent or empty.
    public var types: [Open<EventType>]?

    public init(
        instance: String? = nil, job: JobID? = nil, tenant: TenantID? = nil, change: ChangeID? = nil,
        types: [Open<EventType>]? = nil
    ) {
        self.instance = instance
        self.job = job
        self.tenant = tenant
        self.change = change
        self.types = types
    }
}
