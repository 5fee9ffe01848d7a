// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// Names a secret of the installation.
public struct VaultSecretParameters: Sendable, Hashable, Codable, PositionalParams {
    public var name: String

    public static let positions: [String] = ["name"]

    public init(name: String) {
        self.name = name
    }
}
