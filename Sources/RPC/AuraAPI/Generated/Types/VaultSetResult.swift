// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A secret of the installation, as it is now.
public struct VaultSetResult: Sendable, Hashable, Codable {
    public var secret: InstallationSecretView

    public init(secret: InstallationSecretView) {
        self.secret = secret
    }
}
