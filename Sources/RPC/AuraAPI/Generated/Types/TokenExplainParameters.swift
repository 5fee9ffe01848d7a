// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// The text of a token.
public struct TokenExplainParameters: Sendable, Hashable, Codable, PositionalParams {
    public var text: String

    public static let positions: [String] = ["text"]

    public init(text: String) {
        self.text = text
    }
}
