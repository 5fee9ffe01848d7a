// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A token, without its text.
public struct TokenView: Sendable, Hashable, Codable {
    public var id: String
    /// A label for people.
    public var name: String
    /// The name of the vault's key that signed the token.
    public var key: String
    public var principal: PrincipalID
    /// The scopes, sorted; absent for those of the principal.
    public var scopes: [String]?
    /// The tenants, sorted; absent for those of the principal.
    public var tenants: [TenantID]?
    /// The time from which on the token is valid.
    public var notBefore: Timestamp
    /// The time at which the token expires; absent if it does not.
    public var expires: Timestamp?
    /// The time at which the token was revoked; absent if it was not.
    public var revokedAt: Timestamp?
    public var createdAt: Timestamp
    /// The caller that created the token.
    public var createdBy: PrincipalID?
    /// The time of the last use, to within a minute; absent before the first.
    public var lastUsedAt: Timestamp?

    public init(
        id: String, name: String, key: String, principal: PrincipalID, scopes: [String]? = nil,
        tenants: [TenantID]? = nil, notBefore: Timestamp, expires: Timestamp? = nil, revokedAt: Timestamp? = nil,
        createdAt: Timestamp, createdBy: PrincipalID? = nil, lastUsedAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.key = key
        self.principal = principal
        self.scopes = scopes
        self.tenants = tenants
        self.notBefore = notBefore
        self.expires = expires
        self.revokedAt = revokedAt
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.lastUsedAt = lastUsedAt
    }
}
