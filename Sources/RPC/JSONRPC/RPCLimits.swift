import JSON

/// The limits of the protocol, for one client and for all clients together.
public struct RPCLimits: Sendable, Hashable {
    /// The longest message, in bytes without its line end.
    public var messageBytes: Int
    /// The deepest nesting of one message.
    public var depth: Int
    /// The maximum number of items in one batch.
    public var batchItems: Int
    /// The maximum number of calls without a reply, per connection.
    public var inFlightPerConnection: Int
    /// The maximum number of bytes in messages whose calls have no reply yet, per connection.
    public var inFlightBytesPerConnection: Int
    /// The maximum number of calls without a reply, over all connections.
    public var inFlight: Int
    /// The maximum number of bytes in messages that are being decoded or whose calls have no reply yet, over all
    /// connections.
    public var inFlightBytes: Int
    /// The time in milliseconds that a call over a limit of its connection waits for that connection's calls in flight
    /// to end, before it is refused.
    public var inFlightPatienceMs: Int
    /// The maximum number of connections.
    public var connections: Int
    /// The number of connections that are reserved for root and the daemon's own user on the Unix socket.
    public var connectionsKept: Int { min(32, connections / 8) }
    /// The maximum number of connections of one user of the operating system.
    public var connectionsPerUser: Int
    /// The maximum number of TCP connections of one network address. The default is three quarters of all connections.
    public var connectionsPerAddress: Int
    /// The maximum number of connections of one principal that has shown a token, a certificate or a session.
    public var connectionsPerPrincipal: Int
    /// The maximum number of connections that have shown no proof of who calls, over all TCP listeners and WebSockets.
    /// Connections of the Unix socket and of client certificates do not count. One network address has at most half of
    /// the number, but those of the loopback interface.
    public var unprovenConnections: Int
    /// The longest message of a connection that has shown no proof, in bytes without its line end.
    public var unprovenMessageBytes: Int
    /// The maximum number of calls without a reply of a connection that has shown no proof.
    public static let unprovenInFlight = 1
    /// The number of connections over the limits that root and the daemon's own user can have together, on the Unix
    /// socket. Only a process without a connection gets one. A process that leaks connections therefore cannot lock the
    /// operator out.
    public static let connectionsBeyond = 4
    /// The maximum number of subscriptions of one connection.
    public var subscriptionsPerConnection: Int
    /// The maximum number of subscriptions of one user, or of one network address, over all connections.
    public var subscriptionsPerUser: Int
    /// The maximum number of subscriptions of one principal that has shown a token, a certificate or a session.
    public var subscriptionsPerPrincipal: Int
    /// The maximum number of bytes in messages of such a principal whose calls have no reply yet.
    public var inFlightBytesPerPrincipal: Int
    /// The maximum number of subscriptions, over all connections.
    public var subscriptions: Int
    /// The maximum number of bytes that wait to be read by one client.
    public var outboundQueueBytes: Int

    /// Creates the default limits.
    public init(
        messageBytes: Int = 1 << 20, depth: Int = 64, batchItems: Int = 100, inFlightPerConnection: Int = 256,
        inFlightBytesPerConnection: Int = 1 << 20, inFlight: Int = 4096, inFlightBytes: Int = 16 << 20,
        inFlightPatienceMs: Int = 1000, connections: Int = 1024, connectionsPerUser: Int = 128,
        connectionsPerAddress: Int? = nil, connectionsPerPrincipal: Int = 32, unprovenConnections: Int = 64,
        unprovenMessageBytes: Int = 8 << 10,
        subscriptionsPerConnection: Int = 1024, subscriptionsPerUser: Int = 4096,
        subscriptionsPerPrincipal: Int = 256, inFlightBytesPerPrincipal: Int = 4 << 20, subscriptions: Int = 16_384,
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
        self.connectionsPerPrincipal = connectionsPerPrincipal
        self.unprovenConnections = unprovenConnections
        self.unprovenMessageBytes = unprovenMessageBytes
        self.subscriptionsPerConnection = subscriptionsPerConnection
        self.subscriptionsPerUser = subscriptionsPerUser
        self.subscriptionsPerPrincipal = subscriptionsPerPrincipal
        self.inFlightBytesPerPrincipal = inFlightBytesPerPrincipal
        self.subscriptions = subscriptions
        self.outboundQueueBytes = outboundQueueBytes
    }

    /// Returns the default limit of one address. All clients on a loopback address share it, so it is not small. The
    /// remaining connections are left for the users of the Unix socket.
    public static func connectionsPerAddress(of connections: Int) -> Int { (connections * 3 + 3) / 4 }

    /// The longest id of a request, in bytes of its JSON text.
    public var idBytes: Int { RPCID.longestBytes }

    /// The maximum number of bytes that wait for the clients of one principal, over all its connections.
    static let queuedBytesPerPrincipal = 64 << 20
    /// The smallest queue of a connection of a principal, however many connections a principal may have.
    private static let leastQueueBytes = 1 << 20

    /// The maximum number of bytes that wait to be read by one client of a principal. Each connection has an equal part
    /// of what its principal may have, so that no counter is shared by connections.
    public var outboundQueueBytesOfPrincipal: Int {
        min(
            outboundQueueBytes,
            max(Self.leastQueueBytes, Self.queuedBytesPerPrincipal / max(connectionsPerPrincipal, 1)))
    }

    /// Calls are read while fewer bytes than this wait for the client.
    public var outboundLowWaterBytes: Int { outboundQueueBytes / 4 }

    /// Notifications are queued while fewer bytes than this wait for the client. The number is small for three reasons:
    /// all of a thousand subscribers may be slow, the kernel buffers bytes for each of them too, and a delayed
    /// notification is not lost.
    public var outboundNotificationBytes: Int { outboundQueueBytes / 128 }

    var json: JSONLimits { JSONLimits(bytes: messageBytes, depth: depth) }
}
