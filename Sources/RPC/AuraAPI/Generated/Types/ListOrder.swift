// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The order of a list by creation.
public enum ListOrder: String, Sendable, Hashable, Codable, CaseIterable {
    /// The oldest first.
    case oldest
    /// The newest first.
    case newest
}
