// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A secret of the installation, without its value.
public struct InstallationSecretView: Sendable, Hashable, Codable {
    public var name: String
    /// The number of the current version, from 1.
    public var version: Int64
    /// The time of the first version.
    public var createdAt: Timestamp
    /// The time of the current version.
    public var updatedAt: Timestamp

    public init(name: String, version: Int64, createdAt: Timestamp, updatedAt: Timestamp) {
        self.name = name
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
