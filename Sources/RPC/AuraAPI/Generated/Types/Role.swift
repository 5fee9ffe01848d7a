// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A list of scopes with a name.
public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    /// Reads everything but the audit.
    case viewer
    /// Also operates instances and jobs.
    case `operator`
    /// Also makes tokens and secrets, in its tenants.
    case tenantAdmin
    /// Reads the audit, and nothing else.
    case auditor
    /// Everything, except to reveal secrets.
    case admin
}
