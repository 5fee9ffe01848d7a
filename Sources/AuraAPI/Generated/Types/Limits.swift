// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// How much the wire takes.
public struct Limits: Sendable, Hashable, Codable {
    /// The longest message, in bytes without its line end.
    public var messageBytes: Int
    /// The deepest nesting of one message.
    public var depth: Int
    /// The most items in one batch.
    public var batchItems: Int
    /// The most calls of one connection that are not answered yet.
    public var inFlightPerConnection: Int
    /// How long a call over that limit waits for room before it is refused, in milliseconds.
    public var inFlightPatienceMs: Int
    /// The most connections.
    public var connections: Int
    /// The most connections of one user of the machine.
    public var connectionsPerUser: Int
    /// The most subscriptions of one connection.
    public var subscriptionsPerConnection: Int
    /// The most bytes that wait to be read by one client.
    public var outboundQueueBytes: Int

    public init(
        messageBytes: Int, depth: Int, batchItems: Int, inFlightPerConnection: Int, inFlightPatienceMs: Int,
        connections: Int, connectionsPerUser: Int, subscriptionsPerConnection: Int, outboundQueueBytes: Int
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
}
