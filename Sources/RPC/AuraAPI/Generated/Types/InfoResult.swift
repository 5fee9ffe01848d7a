// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// The daemon's version, database, regions and sizes.
public struct InfoResult: Sendable, Hashable, Codable {
    /// The program's name: `aurad`.
    public var name: String
    /// The version of the daemon.
    public var version: String
    /// The id of the database. All daemons that share the database return the same id.
    public var installation: String
    /// The time at which the daemon started.
    public var startedAt: Timestamp
    /// The kind of database: `sqlite` or `postgres`.
    public var database: String
    /// The regions that `provision` accepts.
    public var regions: [String]
    /// The sizes that `provision` accepts.
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
