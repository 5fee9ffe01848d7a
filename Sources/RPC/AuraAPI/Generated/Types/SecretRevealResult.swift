// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A secret and its value.
public struct SecretRevealResult: Sendable, Hashable, Codable {
    public var secret: SecretView
    public var value: String

    public init(secret: SecretView, value: String) {
        self.secret = secret
        self.value = value
    }
}
