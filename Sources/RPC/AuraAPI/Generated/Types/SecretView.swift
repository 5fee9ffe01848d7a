// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A secret, without its value.
public struct SecretView: Sendable, Hashable, Codable {
    public var tenant: TenantID
    public var name: String
    public var `class`: Open<SecretClass>
    /// The number of the current version, from 1.
    public var version: Int64
    /// The time of the first version.
    public var createdAt: Timestamp
    /// The time of the current version.
    public var updatedAt: Timestamp

    public init(
        tenant: TenantID, name: String, `class`: Open<SecretClass>, version: Int64, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.tenant = tenant
        self.name = name
        self.class = `class`
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
