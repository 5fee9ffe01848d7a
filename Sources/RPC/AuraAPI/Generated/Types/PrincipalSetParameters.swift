// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Selects a principal and says what to change. A member that is absent stays as it is.
public struct PrincipalSetParameters: Sendable, Hashable, Codable, PositionalParams {
    public var principal: String
    /// The role whose scopes replace the present ones.
    public var role: Open<Role>?
    /// Scopes that replace the present ones, in addition to those of `role`.
    public var scopes: [String]?
    /// The tenants that replace the present ones.
    public var tenants: [TenantID]?
    /// True for all tenants, in place of `tenants`.
    public var allTenants: Bool?
    /// Whether the principal may do anything.
    public var enabled: Bool?

    public static let positions: [String] = ["principal", "role", "scopes", "tenants", "allTenants", "enabled"]

    public init(
        principal: String, role: Open<Role>? = nil, scopes: [String]? = nil, tenants: [TenantID]? = nil,
        allTenants: Bool? = nil, enabled: Bool? = nil
    ) {
        self.principal = principal
        self.role = role
        self.scopes = scopes
        self.tenants = tenants
        self.allTenants = allTenants
        self.enabled = enabled
    }
}
