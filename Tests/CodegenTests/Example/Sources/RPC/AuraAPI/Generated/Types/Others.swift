// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSON

/// Values without a class of their own.
public struct Others: Sendable, Hashable, Codable {
    /// A text, or a number of seconds.
    public var from: JSONValue?
    public var extra: JSONValue?
    public var any: JSONValue?
    public var box: JSONValue?

    public init(from: JSONValue? = nil, extra: JSONValue? = nil, any: JSONValue? = nil, box: JSONValue? = nil) {
        self.from = from
        self.extra = extra
        self.any = any
        self.box = box
    }
}
