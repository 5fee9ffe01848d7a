// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// How much the wire takes from one client, and from all of them.
public struct LimitsResult: Sendable, Hashable, Codable {
    public var limits: Limits

    public init(limits: Limits) {
        self.limits = limits
    }
}
