// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A subscription that the same call begins.
public struct Follow: Sendable, Hashable, Codable {
    public var last: Int64?

    public init(last: Int64? = nil) {
        self.last = last
    }
}
