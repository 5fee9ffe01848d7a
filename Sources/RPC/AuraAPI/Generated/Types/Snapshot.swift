// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A page of a snapshot: the state of instances. A snapshot has one or more pages, in the order of the instances'
/// ids, before any event.
public struct Snapshot: Sendable, Hashable, Codable {
    public var type: String
    /// The position in the ledger after which events follow. A client that loses its connection later resumes from
    /// it.
    public var seq: Int64
    /// The instances of this page, at most 100 together with `unreadable`. Destroyed ones are included only if the
    /// filter selects one instance or job.
    public var instances: [InstanceView]
    /// True on the last page; events follow it.
    public var complete: Bool
    /// The ids of instances of this page that the daemon cannot read, because a newer daemon wrote them or they are
    /// damaged. Absent if there are none.
    public var unreadable: [InstanceID]?

    public init(
        type: String = "subscription.snapshot", seq: Int64, instances: [InstanceView], complete: Bool,
        unreadable: [InstanceID]? = nil
    ) {
        self.type = type
        self.seq = seq
        self.instances = instances
        self.complete = complete
        self.unreadable = unreadable
    }
}
