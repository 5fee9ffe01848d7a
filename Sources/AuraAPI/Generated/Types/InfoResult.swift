// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// What the daemon is.
public struct InfoResult: Sendable, Hashable, Codable {
    /// `aurad`.
    public var name: String
    /// Its version.
    public var version: String
    /// The id of the database: all daemons that share it say the same.
    public var installation: String
    public var startedAt: Timestamp
    /// `sqlite` or `postgres`.
    public var database: String
    /// The regions that `provision` takes.
    public var regions: [String]
    /// The sizes that `provision` takes.
    public var sizes: [String]

    public init(
        name: String, version: String, installation: String, startedAt: Timestamp, database: String, regions: [String],
        sizes: [String]
    ) {
        self.name = name
        self.version = version
        self.installation = installation
        self.startedAt = startedAt
        self.database = database
        self.regions = regions
        self.sizes = sizes
    }
}
