// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// An accepted subscription.
public struct SubscribeResult: Sendable, Hashable, Codable {
    public var subscription: String
    /// The `seq` of the newest event when the subscription was accepted; 0 if there never was one.
    public var head: Int64
    /// The id of the ledger's history in which `seq` counts. A restored database has another one. Send it with `from`
    /// to resume.
    public var epoch: String?
    /// The id of the instance that the filter or the operation names; absent without one. Resume with this id,
    /// because another instance may have the name later.
    public var instance: InstanceID?

    public init(subscription: String, head: Int64, epoch: String? = nil, instance: InstanceID? = nil) {
        self.subscription = subscription
        self.head = head
        self.epoch = epoch
        self.instance = instance
    }
}
