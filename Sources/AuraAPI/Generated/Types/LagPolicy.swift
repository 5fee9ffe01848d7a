// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// What becomes of a subscription whose client does not read fast enough.
public enum LagPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// It gets everything, later, from the ledger.
    case replay
    /// Of what it missed, it gets no progress that a later event of the same job has overtaken; changes of state are
    /// never left out.
    case coalesce
    /// It ends with the reason `lagged`.
    case close
}
