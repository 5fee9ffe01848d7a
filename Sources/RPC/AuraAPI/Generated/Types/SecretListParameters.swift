// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Selects secrets and the page to return.
public struct SecretListParameters: Sendable, Hashable, Codable, PositionalParams {
    /// Secrets of this tenant; of all tenants of the caller if absent.
    public var tenant: TenantID?
    /// The `next` of the previous page; absent for the first page.
    public var after: String?
    public var limit: Int?

    public static let positions: [String] = ["tenant", "after", "limit"]

    public init(tenant: TenantID? = nil, after: String? = nil, limit: Int? = nil) {
        self.tenant = tenant
        self.after = after
        self.limit = limit
    }
}
