// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Describes the principal to create. `role`, `scopes` or both must be given.
public struct PrincipalCreateParameters: Sendable, Hashable, Codable, PositionalParams {
    public var name: String
    /// The kind; `service` if absent.
    public var kind: Open<PrincipalKind>?
    /// The role whose scopes the principal gets.
    public var role: Open<Role>?
    /// Scopes in addition to those of `role`.
    public var scopes: [String]?
    /// The tenants whose objects the principal may see and change; all tenants if absent.
    public var tenants: [TenantID]?

    public static let positions: [String] = ["name", "kind", "role", "scopes", "tenants"]

    public init(
        name: String, kind: Open<PrincipalKind>? = nil, role: Open<Role>? = nil, scopes: [String]? = nil,
        tenants: [TenantID]? = nil
    ) {
        self.name = name
        self.kind = kind
        self.role = role
        self.scopes = scopes
        self.tenants = tenants
    }
}
