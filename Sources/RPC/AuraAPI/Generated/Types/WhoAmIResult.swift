// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// The caller of this connection, with its rights.
public struct WhoAmIResult: Sendable, Hashable, Codable {
    public var principal: PrincipalID
    public var proof: Open<Proof>
    /// The scopes, sorted.
    public var scopes: [String]
    /// The tenants whose objects the caller may see and change, sorted; absent for all tenants.
    public var tenants: [TenantID]?
    /// The only instances that the caller may see and change, sorted; absent if a token does not restrict them.
    public var instances: [InstanceID]?

    public init(
        principal: PrincipalID, proof: Open<Proof>, scopes: [String], tenants: [TenantID]? = nil,
        instances: [InstanceID]? = nil
    ) {
        self.principal = principal
        self.proof = proof
        self.scopes = scopes
        self.tenants = tenants
        self.instances = instances
    }
}
