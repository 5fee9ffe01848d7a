public import JSONRPC
internal import Locking
public import Logging
internal import Loopback
public import NIOCore
internal import NIOPosix
public import ServiceLifecycle
public import TLS

/// Serves a router on Unix sockets and TCP ports, with or without TLS.
///
/// A server runs once. ``run()`` binds and serves until graceful shutdown or cancellation. It then stops listening,
/// waits up to `drain` for calls in flight, and closes the remaining connections. The limits on connections apply to
/// all addresses together.
public final class RPCServer: Service {
    private let addresses: [ListenAddress]
    private let router: Router
    private let limits: RPCLimits
    private let budget: CallBudget
    private let drain: TimeAmount
    private let firstMessageTime: TimeAmount
    private let proofTime: TimeAmount
    private let tls: TLSAcceptor?
    private let group: any EventLoopGroup
    private let logger: Logger
    private let onReady: @Sendable ([ListenAddress]) -> Void
    private let registry: ConnectionRegistry
    private let wakes = WakeQueues()
    private let foreign = Locked(0)

    /// Creates a server that is not bound yet.
    ///
    /// `onReady` is called once, when all addresses accept connections. It receives the bound addresses, with the
    /// chosen port in place of a TCP port 0. `budget` is shared with the other transports of the daemon. A TCP
    /// connection is closed if it has sent no complete message within `firstMessageTime`, counted from the end of its
    /// handshake. A connection that must show a proof ends after `proofTime` without one. `tls` performs the handshakes;
    /// without it, the server refuses addresses with TLS.
    public init(
        addresses: [ListenAddress], router: Router, limits: RPCLimits = RPCLimits(), budget: CallBudget? = nil,
        drain: TimeAmount = .seconds(10), firstMessageTime: TimeAmount = .seconds(10),
        proofTime: TimeAmount = .seconds(10), tls: TLSAcceptor? = nil, group: any EventLoopGroup, logger: Logger,
        onReady: @escaping @Sendable ([ListenAddress]) -> Void = { _ in }
    ) {
        self.addresses = addresses
        self.router = router
        self.limits = limits
        self.budget = budget ?? CallBudget(limits: limits)
        self.drain = drain
        self.firstMessageTime = firstMessageTime
        self.proofTime = proofTime
        self.tls = tls
        self.group = group
        self.logger = logger
        self.onReady = onReady
        registry = ConnectionRegistry(limits: limits)
    }

    /// The number of open connections.
    public var connections: Int { registry.count }

    /// The number of open connections that have shown no proof of who calls.
    public var unprovenConnections: Int { registry.unproven }

    /// The number of TCP connections that were closed without a reply because they began with another protocol.
    public var foreignConnections: Int { foreign.withLock { $0 } }

    /// Runs the server. Throws ``ListenError`` if it cannot listen or if a listener ends by itself. Throws
    /// `CancellationError` if its task is cancelled, which closes connections at once. Returns if the graceful shutdown
    /// begins before it listens.
    public func run() async throws {
        guard let listeners = try await listenEverywhere() else { return }
        onReady(listeners.map(\.address))
        do {
            try await untilShutdown(listeners)
            await drainConnections()
        } catch {
            registry.abort()
            await registry.untilEmpty()
            throw error
        }
    }

    /// Waits for graceful shutdown and stops the listeners. Throws if a listener ends by itself.
    private func untilShutdown(_ listeners: [Listener]) async throws {
        try await withThrowingTaskGroup(of: ListenAddress?.self) { tasks in
            tasks.addTask {
                try await gracefulShutdown()
                return nil
            }
            for listener in listeners {
                tasks.addTask {
                    try await listener.closeFuture.get()
                    return listener.address
                }
            }
            let ended = await tasks.nextResult()
            await stop(listeners)
            if let address = try ended?.get() {
                throw ListenError(
                    .listenerClosed, address, "cannot listen on \(address) any longer, the system closed it")
            }
            // The group still waits for the listeners' tasks, which end because their channels are closed.
            tasks.cancelAll()
        }
    }

    private func drainConnections() async {
        let deadline = group.any().scheduleTask(in: drain) { [registry, logger] in
            logger.warning(
                "closing connections that did not end in time", metadata: ["connections": "\(registry.count)"])
            registry.abort()
        }
        registry.drain()
        await withTaskCancellationHandler {
            await registry.untilEmpty()
        } onCancel: {
            registry.abort()
        }
        deadline.cancel()
    }

    private func stop(_ listeners: [Listener]) async {
        for listener in listeners {
            await listener.stop()
        }
    }
}

// MARK: - Listening

extension RPCServer {
    private struct Listener: Sendable {
        enum Socket: Sendable {
            case tcp(any Channel)
            case unix(SocketFileWatch)
        }

        let socket: Socket
        let address: ListenAddress

        var closeFuture: EventLoopFuture<Void> {
            switch socket {
            case .tcp(let channel): channel.closeFuture
            case .unix(let watch): watch.closeFuture
            }
        }

        func stop() async {
            switch socket {
            case .tcp(let channel): try? await channel.close()
            case .unix(let watch): await watch.stop()
            }
        }
    }

    /// Returns the listeners of all addresses, or `nil` if the graceful shutdown began meanwhile.
    private func listenEverywhere() async throws -> [Listener]? {
        var listeners: [Listener] = []
        do {
            for address in addresses {
                guard let listener = try await listen(address) else {
                    await stop(listeners)
                    return nil
                }
                listeners.append(listener)
                logger.info("listening", metadata: ["address": "\(listeners[listeners.count - 1].address)"])
            }
        } catch {
            await stop(listeners)
            registry.abort()
            throw error
        }
        return listeners
    }

    /// The number of connections that may wait to be accepted.
    static let backlog: Int32 = 512

    private func bootstrap(_ accept: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelInitializer { [logger] in AcceptPause.add(to: $0, logger: logger) }
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: FairReads())
            .childChannelInitializer(accept)
    }

    /// Returns `nil` if the graceful shutdown began before the address was free.
    private func listen(_ address: ListenAddress) async throws -> Listener? {
        switch address {
        case .unix(let path, let access):
            guard let file = try await bind(path, access) else { return nil }
            let channel: any Channel
            do {
                channel = try await bootstrap(accept).withBoundSocket(file.descriptor).get()
            } catch {
                file.release()
                throw refusal(address, error)
            }
            do {
                // NIO listens on a bound socket when it creates the channel, with a backlog of 128 and before it reads
                // its options.
                try file.listen(backlog: Self.backlog)
                let watch = SocketFileWatch(channel: channel, file: file, logger: logger) { [self] new in
                    bootstrap(accept).withBoundSocket(new.descriptor).flatMapThrowing { channel in
                        do {
                            try new.listen(backlog: Self.backlog)
                        } catch {
                            channel.close(promise: nil)
                            throw error
                        }
                        return channel
                    }
                }
                return Listener(socket: .unix(watch), address: address)
            } catch {
                try? await channel.close()
                file.release()
                throw error
            }
        case .tcp(let host, let port):
            let channel = try await bind(address, host, port, accept)
            return Listener(
                socket: .tcp(channel), address: .tcp(host: host, port: channel.localAddress?.port ?? port))
        case .tls(let host, let port):
            guard let tls else {
                throw ListenError(.noCertificate, address, "cannot listen on \(address), there is no certificate")
            }
            let channel = try await bind(address, host, port) { [self] in acceptEncrypted($0, tls) }
            return Listener(
                socket: .tcp(channel), address: .tls(host: host, port: channel.localAddress?.port ?? port))
        }
    }

    private func bind(
        _ address: ListenAddress, _ host: String, _ port: Int,
        _ accept: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> any Channel {
        let listener: ListenerAddress
        do {
            listener = try ListenerAddress(host: host, port: port)
            try listener.check(hasTLS: address.isEncrypted, hasProof: router.authenticator != nil)
        } catch {
            throw ListenError(.notLoopback, address, "cannot listen on \(address), \(error)")
        }
        do {
            let bootstrap = KeepAlive.options().reduce(bootstrap(accept)) { $0.childChannelOption($1.0, value: $1.1) }
            return try await bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .bind(to: listener.socketAddress).get()
        } catch {
            throw refusal(address, error)
        }
    }

    /// The number of tries, 20 ms apart, to get a lock whose holder serves nothing.
    private static let lockTries = 100
    private static let lockPause = TimeAmount.milliseconds(20)

    /// Binds the socket; waits for its lock. Returns `nil` if the graceful shutdown begins while it waits.
    private func bind(_ path: String, _ access: SocketAccess) async throws -> UnixSocketFile? {
        for attempt in 1...Self.lockTries {
            if let file = try UnixSocketFile.bind(path: path, access: access) { return file }
            try Task.checkCancellation()
            if Task.isShuttingDownGracefully { return nil }
            if attempt == 1 { logger.info("waiting for the lock of the socket", metadata: ["path": "\(path)"]) }
            try await group.any().scheduleTask(in: Self.lockPause) {}.futureResult.get()
        }
        throw ListenError(
            .socketInUse, .unix(path: path, access: access),
            "cannot listen on the Unix socket \(path), another process holds \(path).lock and serves nothing: "
                + "end it, or choose another path")
    }

    private func refusal(_ address: ListenAddress, _ error: any Error) -> ListenError {
        if let error = error as? IOError, error.errnoCode == addressInUse {
            return ListenError(
                .socketInUse, address,
                "cannot listen on \(address), another process does, stop that one or choose another port")
        }
        return ListenError(.systemRefused, address, "cannot listen on \(address), the system refused: \(error)")
    }
}

// MARK: - Accepting

extension RPCServer {
    @Sendable private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        PeerCredentials.peer(of: channel).flatMapThrowing { [self] peer in
            switch registry.admit(peer) {
            case .admitted(let id):
                try begin(channel, peer, id, framing: framing(for: peer))
            case .refused(let error):
                logger.notice("connection refused", metadata: ["peer": "\(peer)", "code": "\(error.code)"])
                try channel.pipeline.syncOperations.addHandler(RefusalHandler(error))
            }
        }
    }

    /// Accepts a connection with TLS. It counts towards the limits from now on, so that handshakes are limited too.
    private func acceptEncrypted(_ channel: any Channel, _ tls: TLSAcceptor) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture { [self] in
            let remote = channel.remoteAddress
            let (address, port) = (remote?.ipAddress ?? "unknown", remote?.port ?? 0)
            let id: UInt64
            switch registry.admit(.tls(address: address, port: port, certificate: nil)) {
            case .admitted(let admitted): id = admitted
            case .refused(let error):
                logger.notice("connection refused", metadata: ["peer": "\(address)", "code": "\(error.code)"])
                return try channel.pipeline.syncOperations.addHandler(RefusalHandler(nil))
            }
            let end: @Sendable () -> Void = { channel.close(promise: nil) }
            registry.attach(ConnectionRegistry.Handle(drain: end, abort: end), to: id)
            do {
                try tls.accept(
                    channel, as: .lines,
                    onReady: { [self] certificate in
                        let peer = Peer.tls(address: address, port: port, certificate: certificate)
                        try begin(channel, peer, id, framing: framing(for: peer))
                    },
                    onFailure: { [registry] in registry.remove(id) })
            } catch {
                registry.remove(id)
                throw error
            }
        }
    }

    /// Other protocols do not reach a Unix socket. Invalid lines there get an error reply, even the first one.
    private func framing(for peer: Peer) -> Framing {
        switch peer {
        case .unix, .memory: .stream
        case .tcp, .tls: .strictStream
        }
    }

    /// Counts a connection that began with another protocol. Logs the 1st, 2nd, 4th, 8th and so on, so that a flood is
    /// a few lines.
    private func countForeign(_ peer: Peer) {
        let count = foreign.withLock { count in
            count += 1
            return count
        }
        guard count & (count - 1) == 0 else { return }
        logger.notice(
            "closed a connection that does not speak JSON-RPC", metadata: ["peer": "\(peer)", "count": "\(count)"])
    }

    /// Begins the session of an admitted connection. `authorization` is the `Authorization` headers of a WebSocket's
    /// handshake.
    private func begin(
        _ channel: any Channel, _ peer: Peer, _ id: UInt64, framing: Framing, authorization: [String] = [],
        cookie: String? = nil
    ) throws {
        let loop = channel.eventLoop
        let target = HandlerReference(loop)
        let wakes = wakes.queue(of: loop)
        // Bytes of a connection with TLS must pass the handler that encrypts them.
        let direct = peer.isEncrypted ? nil : DirectSocket(of: channel)
        let session = Session(
            id: id, peer: peer, limits: limits, budget: budget, sendNow: direct?.sendNow, executor: wakes.executor,
            principal: router.authenticator?.principal(of: peer)
        ) { wakes.add(target) }
        let handler = ConnectionHandler(
            session: session, router: router, framing: framing, closeDeadline: drain,
            firstMessageTime: firstMessageTime, proofTime: proofTime, logger: logger,
            onForeign: { [self] in countForeign(peer) },
            onClose: { [registry, budget] in
                direct?.close()
                target.clear()
                registry.remove(id)
                budget.note(connections: registry.count)
            })
        target.set(handler)
        budget.note(connections: registry.count)
        logger.debug("connection opened", metadata: ["connection": "\(id)", "peer": "\(peer)"])
        registry.attach(
            ConnectionRegistry.Handle(drain: { target.run { $0.drain() } }, abort: { target.run { $0.abort() } }),
            to: id)
        do {
            if framing == .webSocket {
                let keeper = WebSocketHandler(session: session, pingInterval: Self.pingInterval)
                try channel.pipeline.syncOperations.addHandler(keeper)
            }
            try channel.pipeline.syncOperations.addHandler(handler)
            router.authenticator?.didOpen(session)
            authenticate(session, authorization, cookie)
            if let error = countUnproven(session) { handler.refuse(error) }
        } catch {
            direct?.close()
            target.clear()
            registry.remove(id)
            throw error
        }
    }
}

// MARK: - Other listeners

extension RPCServer {
    /// Makes a listener of another transport pause while no descriptor is left, like the server's own listeners.
    public func pauseOnShortage(_ listener: any Channel) async throws {
        try await AcceptPause.add(to: listener, logger: logger).get()
    }
}

// MARK: - WebSocket

extension RPCServer {
    /// The interval between the pings of a WebSocket. A client that is silent after a ping is disconnected at the next
    /// one.
    private static let pingInterval = TimeAmount.seconds(30)

    /// Serves a channel after its WebSocket handshake. No other handler may read its bytes.
    ///
    /// The connection counts towards the limits and ends with the server. `authorization` is the `Authorization` headers
    /// of the handshake, and `cookie` that of a session; a connection whose token or session is not valid gets the error
    /// and is closed. Call this method on the channel's event loop.
    public func serveWebSocket(
        _ channel: any Channel, peer: Peer, authorization: [String] = [], cookie: String? = nil
    ) throws {
        // The same read settings as for other connections, so that no connection delays another.
        try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
        try channel.syncOptions?.setOption(.recvAllocator, value: FairReads())
        switch registry.admit(peer) {
        case .admitted(let id):
            try begin(channel, peer, id, framing: .webSocket, authorization: authorization, cookie: cookie)
        case .refused(let error):
            logger.notice("connection refused", metadata: ["peer": "\(peer)", "code": "\(error.code)"])
            let frames = error.line.withUnsafeBytes { WebSocketFrames.texts(of: $0) }
            let bytes = frames + WebSocketFrames.close(.unexpectedCondition)
            channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
            channel.close(promise: nil)
        }
    }

    private func authenticate(_ session: Session, _ authorization: [String], _ cookie: String?) {
        guard let authenticator = router.authenticator else { return }
        do throws(RPCError) {
            if let token = try BearerToken.read(authorization) {
                try authenticator.authenticate(session, token: token)
            } else if let cookie, let keeper = authenticator as? any SessionKeeper {
                try keeper.authenticate(session, cookie: cookie)
            }
        } catch {
            _ = session.offer(error.reply)
            session.close()
        }
    }

    /// Counts a connection that has shown no proof, until it shows one or closes. Returns an error if there are too many.
    private func countUnproven(_ session: Session) -> RPCError? {
        guard session.principal.awaitsProof, !session.wantsClose else { return nil }
        if let error = registry.countUnproven(session.id) {
            logger.notice("connection refused", metadata: ["peer": "\(session.peer)", "code": "\(error.code)"])
            return error
        }
        session.onProof { [registry, id = session.id] in registry.noteProof(of: id) }
        return nil
    }
}

extension Peer {
    fileprivate var isEncrypted: Bool {
        if case .tls = self { true } else { false }
    }
}

extension ListenAddress {
    fileprivate var isEncrypted: Bool {
        if case .tls = self { true } else { false }
    }
}
