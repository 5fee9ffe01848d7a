// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// Which events: those that match every part that is given.
public struct FilterParameters: Sendable, Hashable, Codable {
    public var instance: String?
    public var job: JobID?
    public var tenant: TenantID?
    public var change: ChangeID?
    /// Events of one of these types.
    public var types: [EventType]?

    public init(
        instance: String? = nil, job: JobID? = nil, tenant: TenantID? = nil, change: ChangeID? = nil,
        types: [EventType]? = nil
    ) {
        self.instance = instance
        self.job = job
        self.tenant = tenant
        self.change = change
        self.types = types
    }
}
