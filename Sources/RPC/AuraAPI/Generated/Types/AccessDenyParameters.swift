// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// Names the key of a certificate.
public struct AccessDenyParameters: Sendable, Hashable, Codable, PositionalParams {
    public var key: String

    public static let positions: [String] = ["key"]

    public init(key: String) {
        self.key = key
    }
}
