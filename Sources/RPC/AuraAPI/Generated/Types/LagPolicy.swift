// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The policy for a client that does not read the events of a subscription fast enough.
public enum LagPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// Every event is delivered later, from the ledger.
    case replay
    /// Late delivery leaves out progress that a later event of the same job replaces; no change of state is left out.
    case coalesce
    /// The subscription ends with the reason `lagged`.
    case close
}
