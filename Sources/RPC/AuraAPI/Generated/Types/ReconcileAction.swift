// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The action that a sweep took on a finding.
public enum ReconcileAction: String, Sendable, Hashable, Codable, CaseIterable {
    /// No action, or no action so far; `reason` has the cause.
    case none
    /// The server was recorded as the machine of its instance.
    case adopted
    /// The power of the server was cut.
    case quarantined
    /// The resource was deleted.
    case reaped
    /// The instance was updated: its machine is lost, or exists again.
    case marked
    /// An action is due, but a limit, a backoff, or too many orphans postpone it.
    case deferred
    /// An action failed; a later sweep tries it again.
    case failed
}
