// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// What a verification compared the audit with.
public enum AuditProof: String, Sendable, Hashable, Codable, CaseIterable {
    /// The entries are consistent in themselves: each hash follows from the one before.
    case chain
    /// The entries agree with the signed checkpoints that the database keeps.
    case checkpoints
    /// The entries agree with a checkpoint that was kept elsewhere.
    case outside
    /// The events of the ledger agree with the entries of the audit that have their hashes.
    case events
}
