// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// An operation on an instance that exists.
public struct InstanceOperationParameters: Sendable, Hashable, Codable, PositionalParams {
    public var instance: String
    public var tenant: TenantID?
    public var idempotencyKey: String?
    /// What causes this; a new UUIDv7 where none is given.
    public var change: ChangeID?

    public static let positions: [String] = ["instance", "tenant", "idempotencyKey", "change"]

    public init(instance: String, tenant: TenantID? = nil, idempotencyKey: String? = nil, change: ChangeID? = nil) {
        self.instance = instance
        self.tenant = tenant
        self.idempotencyKey = idempotencyKey
        self.change = change
    }
}
