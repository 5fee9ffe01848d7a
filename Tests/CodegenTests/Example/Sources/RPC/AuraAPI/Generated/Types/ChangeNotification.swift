// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// Parameters of a notification.
public struct ChangeNotification: Sendable, Hashable, Codable {
    public var note: NoteView

    public init(note: NoteView) {
        self.note = note
    }
}
