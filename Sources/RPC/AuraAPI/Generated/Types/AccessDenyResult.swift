// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The key that is not accepted any more.
public struct AccessDenyResult: Sendable, Hashable, Codable {
    public var key: String

    public init(key: String) {
        self.key = key
    }
}
