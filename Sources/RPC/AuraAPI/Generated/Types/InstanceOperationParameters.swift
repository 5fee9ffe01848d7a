// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// The parameters of an operation on an existing instance.
public struct InstanceOperationParameters: Sendable, Hashable, Codable, PositionalParams, KeyedParameters {
    public var instance: String
    /// The tenant of the instance; `default` if absent.
    public var tenant: TenantID?
    public var idempotencyKey: String?
    /// The change that causes this call; a new UUIDv7 if absent.
    public var change: ChangeID?
    /// Subscribes to the events of the job. If the daemon refuses the operation or the subscription, neither takes
    /// effect. An idempotency key does not cover this member.
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
