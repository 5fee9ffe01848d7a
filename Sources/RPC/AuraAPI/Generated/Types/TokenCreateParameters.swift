// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Describes the token to create.
public struct TokenCreateParameters: Sendable, Hashable, Codable, PositionalParams {
    public var principal: String
    /// A label for people, such as the place where the token is used.
    public var name: String
    /// The scopes, each of which the principal must have; all of the principal's if absent.
    public var scopes: [String]?
    /// The tenants, each of which the principal must have; all of the principal's if absent.
    public var tenants: [TenantID]?
    /// The time from which on the token is valid; now if absent.
    public var notBefore: Timestamp?
    /// The time at which the token expires; in 90 days if absent.
    public var expires: Timestamp?
    /// Restrictions that the text of the token gets at once. Anybody who holds the text can add more.
    public var restrictions: [String]?

    public static let positions: [String] = [
        "principal", "name", "scopes", "tenants", "notBefore", "expires", "restrictions",
    ]

    public init(
        principal: String, name: String, scopes: [String]? = nil, tenants: [TenantID]? = nil,
        notBefore: Timestamp? = nil, expires: Timestamp? = nil, restrictions: [String]? = nil
    ) {
        self.principal = principal
        self.name = name
        self.scopes = scopes
        self.tenants = tenants
        self.notBefore = notBefore
        self.expires = expires
        self.restrictions = restrictions
    }
}
