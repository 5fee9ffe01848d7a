// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Which instances.
public struct StatusListParameters: Sendable, Hashable, Codable, PositionalParams {
    public var tenant: TenantID?
    /// Instances in one of these.
    public var phases: [Phase]?
    /// Destroyed instances are left out unless this is true or `phases` names them.
    public var includeDestroyed: Bool?
    /// The `next` of the page before.
    public var after: InstanceID?
    public var limit: Int?

    public static let positions: [String] = ["tenant", "phases", "includeDestroyed", "after", "limit"]

    public init(
        tenant: TenantID? = nil, phases: [Phase]? = nil, includeDestroyed: Bool? = nil, after: InstanceID? = nil,
        limit: Int? = nil
    ) {
        self.tenant = tenant
        self.phases = phases
        self.includeDestroyed = includeDestroyed
        self.after = after
        self.limit = limit
    }
}
