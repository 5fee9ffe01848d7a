// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Selects jobs and the page to return.
public struct JobListParameters: Sendable, Hashable, Codable, PositionalParams {
    /// Jobs of this instance; all instances if absent. An unknown one is `instanceNotFound`.
    public var instance: String?
    /// Jobs of this tenant; all tenants if absent. An `instance` given by name is looked up in this tenant, or in
    /// `default` if absent.
    public var tenant: TenantID?
    /// Jobs of this change; all changes if absent.
    public var change: ChangeID?
    /// Jobs in one of these states; all states if absent or empty.
    public var states: [Open<JobState>]?
    /// The `next` of the previous page; absent for the first page.
    public var after: JobID?
    public var limit: Int?
    /// The order by creation; `oldest` if absent.
    public var order: Open<ListOrder>?

    public static let positions: [String] = ["instance", "tenant", "change", "states", "after", "limit", "order"]

    public init(
        instance: String? = nil, tenant: TenantID? = nil, change: ChangeID? = nil, states: [Open<JobState>]? = nil,
        after: JobID? = nil, limit: Int? = nil, order: Open<ListOrder>? = nil
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
