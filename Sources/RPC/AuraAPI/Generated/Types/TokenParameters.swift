// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// Selects a token.
public struct TokenParameters: Sendable, Hashable, Codable, PositionalParams {
    public var token: String

    public static let positions: [String] = ["token"]

    public init(token: String) {
        self.token = token
    }
}
