// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A secret.
public struct SecretResult: Sendable, Hashable, Codable {
    public var secret: SecretView

    public init(secret: SecretView) {
        self.secret = secret
    }
}
