// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// Instances as they were at one moment. A snapshot comes in one or more of these, in order of the instances' ids,
/// before any event.
public struct Snapshot: Sendable, Hashable, Codable {
    public var type: String
    /// The place in the ledger from which events follow: a client that lost its connection later goes on from here.
    public var seq: Int64
    public var instances: [InstanceView]
    /// Whether it is the last one, and events follow.
    public var complete: Bool

    public init(type: String = "subscription.snapshot", seq: Int64, instances: [InstanceView], complete: Bool) {
        self.type = type
        self.seq = seq
        self.instances = instances
        self.complete = complete
    }
}
