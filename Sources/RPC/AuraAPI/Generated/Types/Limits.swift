// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The limits of messages, calls, connections and subscriptions.
public struct Limits: Sendable, Hashable, Codable {
    /// The longest message, in bytes without its line end. A longer one is `messageTooLarge`.
    public var messageBytes: Int
    /// The maximum nesting of arrays and objects in a message; `[]` has depth 1. A deeper one is `messageTooDeep`.
    public var depth: Int
    /// The maximum number of items in a batch. A larger batch is `batchTooLarge`.
    public var batchItems: Int
    /// The longest id of a request, in bytes of its JSON text. A longer one is `invalidRequest`.
    public var idBytes: Int
    /// The maximum number of calls of a connection that have no reply yet. A further call waits for at most
    /// `inFlightPatienceMs` and is then `tooManyInFlight`.
    public var inFlightPerConnection: Int
    /// The maximum number of bytes of messages of a connection, for the calls that have no reply yet. A further call
    /// waits for at most `inFlightPatienceMs` and is then `tooManyInFlight`.
    public var inFlightBytesPerConnection: Int
    /// The maximum number of calls of all connections together that have no reply yet. A further call is
    /// `daemonBusy`. One user or network address may have three quarters of them.
    public var inFlight: Int
    /// The maximum number of bytes of messages over all connections: those that are being read, and those of calls
    /// without a reply. A further message is `daemonBusy`.
    public var inFlightBytes: Int
    /// The longest time, in milliseconds, that a connection waits for earlier calls to finish before it refuses
    /// further calls.
    public var inFlightPatienceMs: Int
    /// The maximum number of connections. A further one is `tooManyConnections`.
    public var connections: Int
    /// The number of `connections` that are reserved for root and the daemon's own user over the Unix socket.
    public var connectionsKept: Int
    /// The maximum number of connections of one user of the machine over the Unix socket. A further one is
    /// `tooManyConnectionsOfUser`.
    public var connectionsPerUser: Int
    /// The maximum number of TCP connections of one network address. A further one is `tooManyConnectionsOfUser`. An
    /// IPv6 network of 64 bits counts as one address. All clients of a loopback address have the same address.
    public var connectionsPerAddress: Int
    /// The maximum number of connections of one principal that has shown a token, a certificate or a session. A
    /// further one is `tooManyConnectionsOfUser`.
    public var connectionsPerPrincipal: Int
    /// The maximum number of subscriptions of one connection. A further one is `tooManySubscriptions`.
    public var subscriptionsPerConnection: Int
    /// The maximum number of subscriptions of one user of the machine, or of one network address, over all
    /// connections. A further one is `tooManySubscriptions`.
    public var subscriptionsPerUser: Int
    /// The maximum number of subscriptions of one principal that has shown a token, a certificate or a session, over
    /// all connections. A further one is `tooManySubscriptions`.
    public var subscriptionsPerPrincipal: Int
    /// The maximum number of bytes of messages of such a principal, for the calls that have no reply yet. A further
    /// message is `daemonBusy`.
    public var inFlightBytesPerPrincipal: Int
    /// The maximum number of subscriptions of all connections together. A further one is `tooManySubscriptions`.
    public var subscriptions: Int
    /// The maximum number of bytes that wait for one client to read them. A reply that does not fit is replaced by
    /// `outboundQueueFull`.
    public var outboundQueueBytes: Int

    public init(
        messageBytes: Int, depth: Int, batchItems: Int, idBytes: Int, inFlightPerConnection: Int,
        inFlightBytesPerConnection: Int, inFlight: Int, inFlightBytes: Int, inFlightPatienceMs: Int, connections: Int,
        connectionsKept: Int, connectionsPerUser: Int, connectionsPerAddress: Int, connectionsPerPrincipal: Int,
        subscriptionsPerConnection: Int, subscriptionsPerUser: Int, subscriptionsPerPrincipal: Int,
        inFlightBytesPerPrincipal: Int, subscriptions: Int, outboundQueueBytes: Int
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
        self.connectionsPerPrincipal = connectionsPerPrincipal
        self.subscriptionsPerConnection = subscriptionsPerConnection
        self.subscriptionsPerUser = subscriptionsPerUser
        self.subscriptionsPerPrincipal = subscriptionsPerPrincipal
        self.inFlightBytesPerPrincipal = inFlightBytesPerPrincipal
        self.subscriptions = subscriptions
        self.outboundQueueBytes = outboundQueueBytes
    }
}
