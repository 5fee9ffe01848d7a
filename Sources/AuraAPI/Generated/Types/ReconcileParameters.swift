// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// How to sweep.
public struct ReconcileParameters: Sendable, Hashable, Codable, PositionalParams {
    /// Only say what would be done; nothing is written or touched.
    public var dryRun: Bool?
    /// Act although there are so many orphans that the database may be an old one.
    public var force: Bool?

    public static let positions: [String] = ["dryRun", "force"]

    public init(dryRun: Bool? = nil, force: Bool? = nil) {
        self.dryRun = dryRun
        self.force = force
    }
}
