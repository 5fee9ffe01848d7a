// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// What a token allows.
public struct TokenExplainResult: Sendable, Hashable, Codable {
    /// True if the token gives rights now.
    public var valid: Bool
    /// Why the token gives no rights, and what to do; absent if it is valid.
    public var reason: String?
    /// The token; absent if no key of this installation signed it, or its row was removed.
    public var token: TokenView?
    /// The restrictions in the text of the token.
    public var restrictions: [String]
    /// The scopes that the token gives, sorted.
    public var scopes: [String]
    /// The tenants whose objects the token lets its holder see and change, sorted; absent for all tenants.
    public var tenants: [TenantID]?

    public init(
        valid: Bool, reason: String? = nil, token: TokenView? = nil, restrictions: [String], scopes: [String],
        tenants: [TenantID]? = nil
    ) {
        self.valid = valid
        self.reason = reason
        self.token = token
        self.restrictions = restrictions
        self.scopes = scopes
        self.tenants = tenants
    }
}
