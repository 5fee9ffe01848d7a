// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A page of instances, by their ids.
public struct StatusListResult: Sendable, Hashable, Codable {
    /// In the order in which they were made.
    public var instances: [InstanceView]
    /// Ask for `after` this for the next page; absent on the last.
    public var next: InstanceID?
    /// The ids of instances of this page that the daemon cannot read, since a newer one wrote them or they are
    /// damaged; absent if there are none.
    public var unreadable: [InstanceID]?

    public init(instances: [InstanceView], next: InstanceID? = nil, unreadable: [InstanceID]? = nil) {
        self.instances = instances
        self.next = next
        self.unreadable = unreadable
    }
}
