// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A signed checkpoint of the audit.
public struct AuditCheckpointResult: Sendable, Hashable, Codable {
    /// The entry that it covers, with all earlier ones.
    public var seq: Int64
    /// A signed note (c2sp.org/signed-note). Keep it elsewhere, with its line ends, and give it to `audit.verify`
    /// later.
    public var checkpoint: String

    public init(seq: Int64, checkpoint: String) {
        self.seq = seq
        self.checkpoint = checkpoint
    }
}
