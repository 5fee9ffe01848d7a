// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The reply to `system.ping`.
public struct PingResult: Sendable, Hashable, Codable {
    /// Always true.
    public var pong: Bool

    public init(pong: Bool = true) {
        self.pong = pong
    }
}
