// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A key of the vault, without the key itself.
public struct VaultKeyView: Sendable, Hashable, Codable {
    /// The name of the key in the key file.
    public var id: String
    /// True if this daemon has the key.
    public var inKeyFile: Bool
    /// The number of versions of secrets that are wrapped under the key.
    public var versions: Int64
    /// The number of tokens that the key signed and that are neither revoked nor expired.
    public var tokens: Int64

    public init(id: String, inKeyFile: Bool, versions: Int64, tokens: Int64) {
        self.id = id
        self.inKeyFile = inKeyFile
        self.versions = versions
        self.tokens = tokens
    }
}
