// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// How a caller showed who it is.
public enum Proof: String, Sendable, Hashable, Codable, CaseIterable {
    /// The caller has shown nothing.
    case anonymous
    /// The kernel's record of a process on the Unix socket.
    case peer
    /// A client certificate.
    case certificate
    /// A token.
    case token
    /// The cookie of a dashboard's session.
    case session
    /// The daemon itself.
    case `internal`
}
