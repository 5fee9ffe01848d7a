// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A credential outside of the vault.
public struct VaultImportLeft: Sendable, Hashable, Codable {
    /// The file or the setting that has it.
    public var place: String
    /// The name of its secret.
    public var name: String
    /// True if the vault has the credential, and the daemon does not need this place any more.
    public var deletable: Bool
    /// Why it is still there, and what to do.
    public var reason: String

    public init(place: String, name: String, deletable: Bool, reason: String) {
        self.place = place
        self.name = name
        self.deletable = deletable
        self.reason = reason
    }
}
