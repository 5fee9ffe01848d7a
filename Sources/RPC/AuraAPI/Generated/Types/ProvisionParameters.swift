// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Describes the instance to create.
public struct ProvisionParameters: Sendable, Hashable, Codable, PositionalParams, KeyedParameters {
    public var name: String
    /// The region: one of the `regions` of `system.info`. Any other is `unknownRegion`.
    public var region: String
    /// The size: one of the `sizes` of `system.info`. Any other is `unknownSize`.
    public var size: String
    /// The tenant of the new instance; `default` if absent.
    public var tenant: TenantID?
    public var idempotencyKey: String?
    /// The change that causes this call; a new UUIDv7 if absent.
    public var change: ChangeID?
    /// Subscribes to the events of the job. If the daemon refuses the operation or the subscription, neither takes
    /// effect. An idempotency key does not cover this member.
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
