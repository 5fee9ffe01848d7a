internal import AuraModel
internal import JSON
internal import JSONRPC
internal import NIOCore
internal import NIOPosix

/// The settings of a client and its subscriptions.
struct ClientSettings: Sendable {
    var address: DaemonAddress
    /// The token that the client shows on each connection, before anything else; `nil` for none.
    var token: Secret?
    /// The retry budget after a loss.
    var retryBudget: Duration
    /// The limit of an attempt to connect and of the wait for a reply.
    var timeout: Duration
    var notificationBuffer: Int
    /// The time without data from the daemon after which the client sends a ping. It counts only while the client waits
    /// for the daemon.
    var silence: Duration
    /// The retry budget of one attempt to connect while the daemon's queue of new connections is full.
    var queueRetryBudget: Duration
    /// The text after "start it with …" in the error for an absent daemon.
    var advice: String
    var time: any TimeSource
    var random: any RandomSource
    /// The lifetime that ``AuraClient/close()`` ends.
    let life = Life()

    /// The limits of one message from the daemon.
    private static let limits = JSONLimits(bytes: 64 << 20, depth: 256)

    /// Starts to connect. With a token, the connection is complete once the daemon has accepted the token.
    func open(notificationBuffer: Int) -> EventLoopFuture<Connection> {
        let life = life
        let limit = TimeAmount.milliseconds(max(timeout.wholeMilliseconds, 1))
        let opened = Connection.open(
            to: address, on: MultiThreadedEventLoopGroup.singleton.next(), timeout: limit, limits: Self.limits,
            notificationBuffer: notificationBuffer, silence: .milliseconds(max(silence.wholeMilliseconds, 1)),
            advice: advice, onRefusal: { life.refused($0) }
        ).flatMapThrowing { connection in
            try life.adopt(connection.channel)
            return connection
        }
        guard let token else { return opened }
        return opened.flatMap { connection in
            connection.authenticate(token, within: limit).map { connection }
        }.flatMapErrorThrowing { error in
            if let error = error as? RPCError, Refusal.isFinal(error) { life.refused(error) }
            throw error
        }
    }

    /// Opens a connection for a subscription. Throws ``ClientError``.
    func connect() async throws -> Connection {
        try life.check()
        return try await open(notificationBuffer: notificationBuffer).value()
    }

    /// Returns the result of `body`. Throws ``ClientError`` with the code `timedOut` if `body` takes longer than
    /// `limit`.
    func within<Value: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask { try await body() }
            tasks.addTask {
                try await time.sleep(for: limit)
                throw ClientError(
                    .timedOut, "cannot go on, aurad at \(address) gave no answer within \(limit): see the daemon's log")
            }
            guard let value = try await tasks.next() else { throw CancellationError() }
            return value
        }
    }

    /// Waits until the next attempt is due. Throws if the retry budget is used up or the client is closed.
    func pause(_ budget: inout RetryBudget, after failure: any Error) async throws {
        try life.check()
        switch budget.failed(now: time.uptime(), unit: random.unit()) {
        case .wait(let duration): try await life.pause(for: duration, on: time)
        case .giveUp: throw ending(failure)
        }
    }

    /// The error to throw when the retry budget is used up. A client without a retry budget throws `failure` itself.
    func ending(_ failure: any Error) -> any Error {
        guard retryBudget > .zero else { return failure }
        return ClientError(
            .patienceOver, "cannot go on, aurad at \(address) could not be used for \(retryBudget): \(failure)")
    }
}

/// The failures that a retry may overcome.
enum Passing {
    /// RPC errors of calls that the daemon did not carry out. Such a call may be sent again on another connection.
    private static let notCarriedOut: Set<String> = Set(
        [RPCErrorCode.shuttingDown, .daemonBusy, .tooManyConnections, .tooManyConnectionsOfUser, .tooManyInFlight].map(
            \.name))

    static func contains(_ error: any Error) -> Bool {
        switch error {
        case let error as RPCError: notCarriedOut.contains(error.code.name)
        case let error as ClientError:
            error.code == .unreachable || error.code == .connectionLost || error.code == .queueFull
        default: false
        }
    }
}
