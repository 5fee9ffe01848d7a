// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// The secret that was deleted.
public struct SecretDeleteResult: Sendable, Hashable, Codable {
    public var tenant: TenantID
    public var name: String

    public init(tenant: TenantID, name: String) {
        self.tenant = tenant
        self.name = name
    }
}
