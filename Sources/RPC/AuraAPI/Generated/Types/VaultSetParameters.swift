// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// A secret of the installation and its new value.
public struct VaultSetParameters: Sendable, Hashable, Codable, PositionalParams {
    public var name: String
    public var value: String

    public static let positions: [String] = ["name", "value"]

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
