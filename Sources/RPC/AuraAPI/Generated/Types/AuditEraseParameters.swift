// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Selects the entries whose contents are erased. Either `entries` or `tenant` must be given.
public struct AuditEraseParameters: Sendable, Hashable, Codable, PositionalParams {
    /// The positions of the entries.
    public var entries: [Int64]?
    /// All entries of this tenant.
    public var tenant: TenantID?
    /// The `next` of the previous call for the same tenant; absent for the first call.
    public var after: Int64?

    public static let positions: [String] = ["entries", "tenant", "after"]

    public init(entries: [Int64]? = nil, tenant: TenantID? = nil, after: Int64? = nil) {
        self.entries = entries
        self.tenant = tenant
        self.after = after
    }
}
