// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// What becomes of a subscription whose client does not read fast enough.
public enum LagPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// It gets everything, later, from the ledger.
    case replay
    /// It ends with the reason `lagged`.
    case close
}
