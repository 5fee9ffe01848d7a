// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Selects instances and the page to return.
public struct StatusListParameters: Sendable, Hashable, Codable, PositionalParams {
    /// Instances of this tenant; all tenants if absent.
    public var tenant: TenantID?
    /// Instances in one of these phases. If absent or empty, `includeDestroyed` decides.
    public var phases: [Open<Phase>]?
    /// True includes destroyed instances if `phases` is absent or empty. False if absent.
    public var includeDestroyed: Bool?
    /// The `next` of the previous page; absent for the first page.
    public var after: InstanceID?
    public var limit: Int?

    public static let positions: [String] = ["tenant", "phases", "includeDestroyed", "after", "limit"]

    public init(
        tenant: TenantID? = nil, phases: [Open<Phase>]? = nil, includeDestroyed: Bool? = nil, after: InstanceID? = nil,
        limit: Int? = nil
    ) {
        self.tenant = tenant
        self.phases = phases
        self.includeDestroyed = includeDestroyed
        self.after = after
        self.limit = limit
    }
}
