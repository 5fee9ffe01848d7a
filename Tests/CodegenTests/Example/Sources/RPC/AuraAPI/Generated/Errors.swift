// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// The errors of operations, by their numbers on the wire.
extension RPCErrorCode {
    /// Another note & its author have the name.
    public static let nameTaken = RPCErrorCode(-32022, "nameTaken")
    /// The notebook is in use.
    public static let notebookBusy = RPCErrorCode(-32023, "notebookBusy", retryable: true)

    /// Every code that operations answer with.
    public static let operations: [RPCErrorCode] = [
        .nameTaken,
        .notebookBusy,
    ]
}
