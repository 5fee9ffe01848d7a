// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A principal: a person or a program that calls methods.
public struct PrincipalView: Sendable, Hashable, Codable {
    public var id: PrincipalID
    public var name: String
    public var kind: Open<PrincipalKind>
    /// The scopes, sorted.
    public var scopes: [String]
    /// The tenants whose objects the principal may see and change, sorted; absent for all tenants.
    public var tenants: [TenantID]?
    /// False if the principal may do nothing.
    public var enabled: Bool
    public var createdAt: Timestamp
    /// The caller that created the principal.
    public var createdBy: PrincipalID?

    public init(
        id: PrincipalID, name: String, kind: Open<PrincipalKind>, scopes: [String], tenants: [TenantID]? = nil,
        enabled: Bool, createdAt: Timestamp, createdBy: PrincipalID? = nil
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.scopes = scopes
        self.tenants = tenants
        self.enabled = enabled
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}
