// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraAPI
public import JSON
internal import JSONRPC

extension AuraClient {
    /// Adds a note.
    ///
    /// Replies at once with <the note> & its "id". The description of a method is long enough for a comment of two
    /// lines.
    public func noteAdd(note: String, `for`: String? = nil, idempotencyKey: String? = nil) async throws -> NoteResult {
        try await call(Methods.noteAdd, AddParameters(note: note, for: `for`, idempotencyKey: idempotencyKey))
    }

    /// Lists the user's notes.
    public func noteList(order: Open<Order>? = nil, filter: Filter? = nil, max: Int64? = nil) async throws -> NoteList {
        try await call(Methods.noteList, ListParameters(order: order, filter: filter, max: max))
    }

    /// Returns the OpenRPC document.
    public func rpcDiscover() async throws -> JSONValue {
        try await call(Methods.rpcDiscover, NoParams())
    }
}
