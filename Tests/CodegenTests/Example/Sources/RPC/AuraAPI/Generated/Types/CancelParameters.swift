// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSON

/// The call to cancel.
public struct CancelParameters: Sendable, Hashable, Codable {
    /// The id of the call.
    public var id: JSONValue

    public init(id: JSONValue) {
        self.id = id
    }
}
