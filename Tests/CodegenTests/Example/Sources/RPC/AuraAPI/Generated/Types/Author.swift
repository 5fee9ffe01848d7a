// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The author of a note.
public struct Author: Sendable, Hashable, Codable {
    /// The full name.
    public var name: String

    public init(name: String) {
        self.name = name
    }
}
