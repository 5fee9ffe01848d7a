// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A note of the user's, with <marks> & "quotes" that no template may escape. This description is longer than one
/// line of any comment.
public struct NoteView: Sendable, Hashable, Codable {
    /// The author; absent if unknown.
    public var author: Author?
    public var id: String
    /// Always "note".
    public var kind: String
    public var colour: Open<Colour>
    public var createdAt: Timestamp

    public init(author: Author? = nil, id: String, kind: String = "note", colour: Open<Colour>, createdAt: Timestamp) {
        self.author = author
        self.id = id
        self.kind = kind
        self.colour = colour
        self.createdAt = createdAt
    }
}
