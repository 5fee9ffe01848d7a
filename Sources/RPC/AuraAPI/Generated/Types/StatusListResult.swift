// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A page of instances in the order of their creation.
public struct StatusListResult: Sendable, Hashable, Codable {
    /// The instances, the oldest first.
    public var instances: [InstanceView]
    /// The value of `after` for the next page; absent on the last page.
    public var next: InstanceID?
    /// The ids of instances of this page that the daemon cannot read, because a newer daemon wrote them or they are
    /// damaged. Absent if there are none.
    public var unreadable: [InstanceID]?

    public init(instances: [InstanceView], next: InstanceID? = nil, unreadable: [InstanceID]? = nil) {
        self.instances = instances
        self.next = next
        self.unreadable = unreadable
    }
}
