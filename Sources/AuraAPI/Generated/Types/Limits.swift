// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// How much the wire takes.
public struct Limits: Sendable, Hashable, Codable {
    /// The longest message, in bytes without its line end.
    public var messageBytes: Int
    /// The deepest nesting of one message.
    public var depth: Int
    /// The most items in one batch.
    public var batchItems: Int
    /// The longest id of a request, in bytes of its JSON text.
    public var idBytes: Int
    /// The most calls of one connection that are not answered yet.
    public var inFlightPerConnection: Int
    /// The most bytes of the messages of one connection whose calls are not answered yet.
    public var inFlightBytesPerConnection: Int
    /// The most calls of all connections together that are not answered yet. One user or address may have three
    /// quarters of them.
    public var inFlight: Int
    /// The most bytes of messages, over all connections, that are being read or whose calls are not answered yet.
    public var inFlightBytes: Int
    /// How long a connection waits for room among its calls in flight before further calls are refused, in
    /// milliseconds.
    public var inFlightPatienceMs: Int
    /// The most connections.
    public var connections: Int
    /// How many of the connections are kept for root and the daemon's own user over the Unix socket.
    public var connectionsKept: Int
    /// The most connections of one user of the machine.
    public var connectionsPerUser: Int
    /// The most connections over TCP of one network address. All clients of a loopback address have the same address.
    public var connectionsPerAddress: Int
    /// The most subscriptions of one connection.
    public var subscriptionsPerConnection: Int
    /// The most subscriptions of one user of the machine, or of one network address, over all connections.
    public var subscriptionsPerUser: Int
    /// The most subscriptions of all connections together.
    public var subscriptions: Int
    /// The most bytes that wait to be read by one client.
    public var outboundQueueBytes: Int

    public init(
        messageBytes: Int, depth: Int, batchItems: Int, idBytes: Int, inFlightPerConnection: Int,
        inFlightBytesPerConnection: Int, inFlight: Int, inFlightBytes: Int, inFlightPatienceMs: Int, connections: Int,
        connectionsKept: Int, connectionsPerUser: Int, connectionsPerAddress: Int, subscriptionsPerConnection: Int,
        subscriptionsPerUser: Int, subscriptions: Int, outboundQueueBytes: Int
    ) {
        self.messageBytes = messageBytes
        self.depth = depth
        self.batchItems = batchItems
        self.idBytes = idBytes
        self.inFlightPerConnection = inFlightPerConnection
        self.inFlightBytesPerConnection = inFlightBytesPerConnection
        self.inFlight = inFlight
        self.inFlightBytes = inFlightBytes
        self.inFlightPatienceMs = inFlightPatienceMs
        self.connections = connections
        self.connectionsKept = connectionsKept
        self.connectionsPerUser = connectionsPerUser
        self.connectionsPerAddress = connectionsPerAddress
        self.subscriptionsPerConnection = subscriptionsPerConnection
        self.subscriptionsPerUser = subscriptionsPerUser
        self.subscriptions = subscriptions
        self.outboundQueueBytes = outboundQueueBytes
    }
}
