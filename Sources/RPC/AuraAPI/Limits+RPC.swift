public import JSONRPC

extension Limits {
    /// Creates the wire form of the limits in force, for `system.limits`.
    public init(_ limits: RPCLimits) {
        self.init(
            messageBytes: limits.messageBytes, depth: limits.depth, batchItems: limits.batchItems,
            idBytes: limits.idBytes, inFlightPerConnection: limits.inFlightPerConnection,
            inFlightBytesPerConnection: limits.inFlightBytesPerConnection, inFlight: limits.inFlight,
            inFlightBytes: limits.inFlightBytes, inFlightPatienceMs: limits.inFlightPatienceMs,
            connections: limits.connections, connectionsKept: limits.connectionsKept,
            connectionsPerUser: limits.connectionsPerUser, connectionsPerAddress: limits.connectionsPerAddress,
            connectionsPerPrincipal: limits.connectionsPerPrincipal,
            subscriptionsPerConnection: limits.subscriptionsPerConnection,
            subscriptionsPerUser: limits.subscriptionsPerUser,
            subscriptionsPerPrincipal: limits.subscriptionsPerPrincipal,
            inFlightBytesPerPrincipal: limits.inFlightBytesPerPrincipal, subscriptions: limits.subscriptions,
            outboundQueueBytes: limits.outboundQueueBytes)
    }
}
