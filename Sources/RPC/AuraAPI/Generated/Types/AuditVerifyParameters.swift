// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// A checkpoint to compare the audit with.
public struct AuditVerifyParameters: Sendable, Hashable, Codable, PositionalParams {
    /// The whole text of a checkpoint that was kept outside of this installation, line ends included.
    public var checkpoint: String?

    public static let positions: [String] = ["checkpoint"]

    public init(checkpoint: String? = nil) {
        self.checkpoint = checkpoint
    }
}
