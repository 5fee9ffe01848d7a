// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// The token of the caller.
public struct AuthenticateParameters: Sendable, Hashable, Codable, PositionalParams {
    public var token: String

    public static let positions: [String] = ["token"]

    public init(token: String) {
        self.token = token
    }
}
