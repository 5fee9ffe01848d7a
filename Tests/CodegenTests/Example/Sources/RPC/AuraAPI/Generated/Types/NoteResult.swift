// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A note.
public struct NoteResult: Sendable, Hashable, Codable {
    public var note: NoteView
    public var measures: Measures?
    public var others: Others?
    /// The subscription of this connection.
    public var follow: Follow?

    public init(note: NoteView, measures: Measures? = nil, others: Others? = nil, follow: Follow? = nil) {
        self.note = note
        self.measures = measures
        self.others = others
        self.follow = follow
    }
}
