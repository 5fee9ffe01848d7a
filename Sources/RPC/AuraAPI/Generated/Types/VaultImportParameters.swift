// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// Says what to do with the files of imported credentials.
public struct VaultImportParameters: Sendable, Hashable, Codable, PositionalParams {
    /// True to delete each file whose credential was opened in the vault; if absent, no file is deleted.
    public var delete: Bool?

    public static let positions: [String] = ["delete"]

    public init(delete: Bool? = nil) {
        self.delete = delete
    }
}
