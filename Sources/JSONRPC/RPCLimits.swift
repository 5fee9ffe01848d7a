import JSON

/// How much the wire takes from one client, and from all of them.
public struct RPCLimits: Sendable, Hashable {
    /// The longest message, in bytes without its line end.
    public var messageBytes: Int
    /// The deepest nesting of one message.
    public var depth: Int
    /// The most items in one batch.
    public var batchItems: Int
    /// The most calls of one connection that are not answered yet.
    public var inFlightPerConnection: Int
    /// How long a call over that limit waits for room, unread messages behind it, before it is refused.
    public var inFlightPatienceMs: Int
    /// The most connections.
    public var connections: Int
    /// The most connections of one user of the machine.
    public var connectionsPerUser: Int
    /// The most subscriptions of one connection.
    public var subscriptionsPerConnection: Int
    /// The most bytes that wait to be read by one client.
    public var outboundQueueBytes: Int

    /// The limits that hold unless the configuration says otherwise.
    public init(
        messageBytes: Int = 1 << 20, depth: Int = 64, batchItems: Int = 100, inFlightPerConnection: Int = 256,
        inFlightPatienceMs: Int = 1000, connections: Int = 1024, connectionsPerUser: Int = 128,
        subscriptionsPerConnection: Int = 1024, outboundQueueBytes: Int = 4 << 20
    ) {
        self.messageBytes = messageBytes
        self.depth = depth
        self.batchItems = batchItems
        self.inFlightPerConnection = inFlightPerConnection
        self.inFlightPatienceMs = inFlightPatienceMs
        self.connections = connections
        self.connectionsPerUser = connectionsPerUser
        self.subscriptionsPerConnection = subscriptionsPerConnection
        self.outboundQueueBytes = outboundQueueBytes
    }

    /// Below this many waiting bytes, calls are read.
    public var outboundLowWaterBytes: Int { outboundQueueBytes / 4 }

    /// Below this many waiting bytes, notifications flow. Little, since every subscriber of a thousand may be slow, the system holds some
    /// for each of them as well, and what does not flow is not lost.
    public var outboundNotificationBytes: Int { outboundQueueBytes / 128 }

    var json: JSONLimits { JSONLimits(bytes: messageBytes, depth: depth) }
}
