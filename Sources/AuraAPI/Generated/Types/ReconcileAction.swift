// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// What a sweep did about a finding.
public enum ReconcileAction: String, Sendable, Hashable, Codable, CaseIterable {
    /// Nothing yet, or nothing at all; `reason` says why.
    case none
    /// Written into its instance's row.
    case adopted
    /// Its power was cut.
    case quarantined
    /// It was deleted.
    case reaped
    /// The instance was marked, and an alert raised.
    case marked
    /// It is due, and over this run's limit.
    case deferred
    /// It was due, and did not succeed; the next run tries again.
    case failed
}
