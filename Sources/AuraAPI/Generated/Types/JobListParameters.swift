// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Which jobs.
public struct JobListParameters: Sendable, Hashable, Codable, PositionalParams {
    public var instance: String?
    public var tenant: TenantID?
    public var change: ChangeID?
    /// Jobs in one of these.
    public var states: [JobState]?
    /// The `next` of the page before.
    public var after: JobID?
    public var limit: Int?
    /// The oldest first where none is given.
    public var order: ListOrder?

    public static let positions: [String] = ["instance", "tenant", "change", "states", "after", "limit", "order"]

    public init(
        instance: String? = nil, tenant: TenantID? = nil, change: ChangeID? = nil, states: [JobState]? = nil,
        after: JobID? = nil, limit: Int? = nil, order: ListOrder? = nil
    ) {
        self.instance = instance
        self.tenant = tenant
        self.change = change
        self.states = states
        self.after = after
        self.limit = limit
        self.order = order
    }
}
