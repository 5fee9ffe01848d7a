// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The secret of the installation that was deleted.
public struct VaultDeleteResult: Sendable, Hashable, Codable {
    public var name: String

    public init(name: String) {
        self.name = name
    }
}
