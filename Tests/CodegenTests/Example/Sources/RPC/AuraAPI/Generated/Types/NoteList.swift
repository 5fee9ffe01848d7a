// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A page of notes.
public struct NoteList: Sendable, Hashable, Codable {
    public var notes: [NoteView]
    public var next: String?
    public var lists: Lists?

    public init(notes: [NoteView], next: String? = nil, lists: Lists? = nil) {
        self.notes = notes
        self.next = next
        self.lists = lists
    }
}
