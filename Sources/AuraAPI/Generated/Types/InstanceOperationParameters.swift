// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// An operation on an instance that exists.
public struct InstanceOperationParameters: Sendable, Hashable, Codable, PositionalParams, KeyedParameters {
    public var instance: String
    public var tenant: TenantID?
    public var idempotencyKey: String?
    /// What causes this; a new UUIDv7 where none is given.
    public var change: ChangeID?
    /// Subscribes to the job in the same breath: there is either both or neither. Not a part of what an idempotency
    /// key stands for.
    public var subscribe: OperationSubscription?

    public static let positions: [String] = ["instance", "tenant", "idempotencyKey", "change", "subscribe"]

    public init(
        instance: String, tenant: TenantID? = nil, idempotencyKey: String? = nil, change: ChangeID? = nil,
        subscribe: OperationSubscription? = nil
    ) {
        self.instance = instance
        self.tenant = tenant
        self.idempotencyKey = idempotencyKey
        self.change = change
        self.subscribe = subscribe
    }
}
