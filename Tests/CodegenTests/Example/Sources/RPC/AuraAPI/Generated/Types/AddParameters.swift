// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// Parameters for a new note.
public struct AddParameters: Sendable, Hashable, Codable, PositionalParams, KeyedParameters {
    /// The text of the note.
    public var note: String
    /// The reader; nobody if absent.
    public var `for`: String?
    /// The client's own key for a call.
    public var idempotencyKey: String?
    public var follow: Follow?

    public static let positions: [String] = ["note", "for", "idempotencyKey", "follow"]

    public init(note: String, `for`: String? = nil, idempotencyKey: String? = nil, follow: Follow? = nil) {
        self.note = note
        self.for = `for`
        self.idempotencyKey = idempotencyKey
        self.follow = follow
    }
}
