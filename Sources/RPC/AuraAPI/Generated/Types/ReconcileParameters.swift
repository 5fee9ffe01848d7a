// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// The options of a sweep.
public struct ReconcileParameters: Sendable, Hashable, Codable, PositionalParams {
    /// If true, the sweep reports its actions without taking them, and writes nothing. False if absent.
    public var dryRun: Bool?
    /// If true, the sweep acts even if so many servers are orphans that the database may be an old backup. False if
    /// absent: such orphans are deferred.
    public var force: Bool?

    public static let positions: [String] = ["dryRun", "force"]

    public init(dryRun: Bool? = nil, force: Bool? = nil) {
        self.dryRun = dryRun
        self.force = force
    }
}
