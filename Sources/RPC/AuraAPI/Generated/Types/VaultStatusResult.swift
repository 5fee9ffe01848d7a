// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The keys of the vault and the secrets of the installation.
public struct VaultStatusResult: Sendable, Hashable, Codable {
    /// The name of the key under which this daemon wraps new versions.
    public var currentKey: String
    /// The keys of this daemon's key file in its order, and then other keys that versions or tokens name.
    public var keys: [VaultKeyView]
    /// The secrets of the installation that `vault.set` and `vault.adopt` made, ordered by name; not the keys of
    /// machines.
    public var secrets: [InstallationSecretView]
    /// The number of credentials that this daemon has in files or in its configuration, which `vault.adopt` can
    /// import.
    public var outside: Int64

    public init(currentKey: String, keys: [VaultKeyView], secrets: [InstallationSecretView], outside: Int64) {
        self.currentKey = currentKey
        self.keys = keys
        self.secrets = secrets
        self.outside = outside
    }
}
