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
    /// The most bytes of the messages of one connection whose calls are not answered yet.
    public var inFlightBytesPerConnection: Int
    /// The most calls of all connections together that are not answered yet.
    public var inFlight: Int
    /// The most bytes of messages, over all connections, that are being read or whose calls are not answered yet.
    public var inFlightBytes: Int
    /// How long a connection waits for room among its calls in flight before further calls are refused.
    public var inFlightPatienceMs: Int
    /// The most connections.
    public var connections: Int
    /// How many of the connections are kept for root and the daemon's own user over the Unix socket.
    public var connectionsKept: Int { min(32, connections / 8) }
    /// The most connections of one user of the machine.
    public var connectionsPerUser: Int
    /// The most connections over TCP of one network address: three quarters of all unless given.
    public var connectionsPerAddress: Int
    /// How many connections beyond the limits root and the daemon's own user may have together over the Unix socket. Only a process
    /// without a connection gets one. A process that leaks connections therefore cannot lock the operator out.
    public static let connectionsBeyond = 4
    /// The most subscriptions of one connection.
    public var subscriptionsPerConnection: Int
    /// The most subscriptions of one user of the machine, or of one network address, over all connections.
    public var subscriptionsPerUser: Int
    /// The most subscriptions of all connections together.
    public var subscriptions: Int
    /// The most bytes that wait to be read by one client.
    public var outboundQueueBytes: Int

    /// The limits that hold unless the configuration says otherwise.
    public init(
        messageBytes: Int = 1 << 20, depth: Int = 64, batchItems: Int = 100, inFlightPerConnection: Int = 256,
        inFlightBytesPerConnection: Int = 1 << 20, inFlight: Int = 4096, inFlightBytes: Int = 16 << 20,
        inFlightPatienceMs: Int = 1000, connections: Int = 1024, connectionsPerUser: Int = 128,
        connectionsPerAddress: Int? = nil,
        subscriptionsPerConnection: Int = 1024, subscriptionsPerUser: Int = 4096, subscriptions: Int = 16_384,
        outboundQueueBytes: Int = 4 << 20
    ) {
        self.messageBytes = messageBytes
        self.depth = depth
        self.batchItems = batchItems
        self.inFlightPerConnection = inFlightPerConnection
        self.inFlightBytesPerConnection = inFlightBytesPerConnection
        self.inFlight = inFlight
        self.inFlightBytes = inFlightBytes
        self.inFlightPatienceMs = inFlightPatienceMs
        self.connections = connections
        self.connectionsPerUser = connectionsPerUser
        self.connectionsPerAddress = connectionsPerAddress ?? Self.connectionsPerAddress(of: connections)
        self.subscriptionsPerConnection = subscriptionsPerConnection
        self.subscriptionsPerUser = subscriptionsPerUser
        self.subscriptions = subscriptions
        self.outboundQueueBytes = outboundQueueBytes
    }

    /// The limit of one address unless it is given. All clients of a loopback address have the same one, so it is not small; the rest
    /// is left to the users of the Unix socket.
    public static func connectionsPerAddress(of connections: Int) -> Int { (connections * 3 + 3) / 4 }

    /// The longest id of a request, in bytes of its JSON text.
    public var idBytes: Int { RPCID.longestBytes }

    /// Below this many waiting bytes, calls are read.
    public var outboundLowWaterBytes: Int { outboundQueueBytes / 4 }

    /// Below this many waiting bytes, notifications flow. Little, since every subscriber of a thousand may be slow, the system holds some
    /// for each of them as well, and what does not flow is not lost.
    public var outboundNotificationBytes: Int { outboundQueueBytes / 128 }

    var json: JSONLimits { JSONLimits(bytes: messageBytes, depth: depth) }
}
