// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A subscription that stands.
public struct SubscribeResult: Sendable, Hashable, Codable {
    public var subscription: String
    /// The `seq` of the newest event now.
    public var head: Int64
    /// The ledger's unbroken history that `seq` counts in; a restored database has another one. Send it with `from`
    /// to resume.
    public var epoch: String?
    /// The instance that the filter or the operation means; absent without one. Resume with this id: a name may be
    /// another instance's by then.
    public var instance: InstanceID?

    public init(subscription: String, head: Int64, epoch: String? = nil, instance: InstanceID? = nil) {
        self.subscription = subscription
        self.head = head
        self.epoch = epoch
        self.instance = instance
    }
}
