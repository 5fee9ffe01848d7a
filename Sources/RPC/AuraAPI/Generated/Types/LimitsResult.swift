// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The limits for one client and for all clients together.
public struct LimitsResult: Sendable, Hashable, Codable {
    public var limits: Limits

    public init(limits: Limits) {
        self.limits = limits
    }
}
