// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// What is to exist.
public struct ProvisionParameters: Sendable, Hashable, Codable, PositionalParams, KeyedParameters {
    public var name: String
    /// One of `system.info`'s `regions`.
    public var region: String
    /// One of `system.info`'s `sizes`.
    public var size: String
    public var tenant: TenantID?
    public var idempotencyKey: String?
    /// What causes this; a new UUIDv7 where none is given.
    public var change: ChangeID?
    /// Subscribes to the job in the same breath: there is either both or neither. Not a part of what an idempotency
    /// key stands for.
    public var subscribe: OperationSubscription?

    public static let positions: [String] = [
        "name", "region", "size", "tenant", "idempotencyKey", "change", "subscribe",
    ]

    public init(
        name: String, region: String, size: String, tenant: TenantID? = nil, idempotencyKey: String? = nil,
        change: ChangeID? = nil, subscribe: OperationSubscription? = nil
    ) {
        self.name = name
        self.region = region
        self.size = size
        self.tenant = tenant
        self.idempotencyKey = idempotencyKey
        self.change = change
        self.subscribe = subscribe
    }
}
