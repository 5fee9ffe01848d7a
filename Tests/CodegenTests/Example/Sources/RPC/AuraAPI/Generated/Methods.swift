// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSON
public import JSONRPC

/// Every method, with the types of its parameters and its result.
public enum Methods {
    /// Adds a note.
    public static let noteAdd = RPCMethod<AddParameters, NoteResult>(
        "note.add", parameters: "AddParameters", scopes: ["notes:read", "notes:write"], mutates: true)
    /// Lists the user's notes.
    public static let noteList = RPCMethod<ListParameters, NoteList>(
        "note.list", parameters: "ListParameters", scopes: ["notes:read"])
    /// Returns the OpenRPC document.
    public static let rpcDiscover = RPCMethod<NoParams, JSONValue>(
        "rpc.discover", parameters: "NoParameters", scopes: ["system:read"])
    /// Subscribes to changes.
    public static let statusSubscribe = RPCMethod<NoParams, SubscribeResult>(
        "status.subscribe", parameters: "NoParameters", scopes: ["notes:read"])

    /// The scopes of all methods, sorted. No other scope exists.
    public static let scopes: [String] = [
        "notes:read",
        "notes:write",
        "system:read",
    ]
}
