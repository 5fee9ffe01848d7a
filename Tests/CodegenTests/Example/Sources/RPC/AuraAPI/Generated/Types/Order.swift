// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The order of a list. Only clients send it. It's open too: a newer daemon may accept more.
public enum Order: String, Sendable, Hashable, Codable, CaseIterable {
    /// The oldest note first.
    case oldest
    /// The order in which the notes came in, which is a keyword in several languages: this meaning is long enough for
    /// two lines of a comment.
    case `in`
}
