internal import AuraAPI
public import AuraModel
public import JSON
public import JSONRPC

/// Calls a daemon over one connection, which it opens when a call needs it and reopens after a loss.
///
/// A call whose connection breaks is sent again. Typed calls that create a job carry an idempotency key, so each
/// takes effect once. Calls may run in parallel. Every method has a function.
/// ``subscribe(filter:from:until:maxEvents:onLag:epoch:)`` follows the ledger.
public final class AuraClient: Sendable {
    let settings: ClientSettings
    private let link: Link
    private let identifiers: IdentifierSource

    /// Creates a client; it connects at its first call.
    ///
    /// `patience` is the retry budget: how long the client retries after it lost the daemon, counted from the loss.
    /// With zero the client throws each failure at once. `timeout` limits an attempt to connect and the wait for a
    /// reply. A subscription stops reading while `notificationBuffer` notifications wait for their consumer.
    ///
    /// The client sends a ping if the daemon sends nothing for `silence` while the client waits for it. The connection
    /// counts as lost if the daemon sends nothing for the same time again.
    ///
    /// With a `token`, the client shows it on each connection before anything else. If the daemon refuses or revokes
    /// it, calls and subscriptions throw the daemon's `RPCError`, and the client makes no other connection.
    /// ``ClientToken`` finds a token in the environment or in a file.
    public convenience init(
        _ address: DaemonAddress, token: Secret? = nil, patience: Duration = .seconds(60),
        timeout: Duration = .seconds(60), notificationBuffer: Int = 1024, silence: Duration = .seconds(30),
        time: any TimeSource = SystemTime(), random: any RandomSource = SystemRandom()
    ) {
        let settings = ClientSettings(
            address: address, token: token, retryBudget: patience, timeout: timeout,
            notificationBuffer: notificationBuffer,
            silence: silence, queueRetryBudget: .zero, advice: "", time: time, random: random)
        self.init(settings, keepsNotifications: false)
    }

    /// Creates a client of the daemon that ``DaemonAddress/find(value:exists:)`` finds, with the token that
    /// ``ClientToken/find(value:)`` finds.
    ///
    /// Throws ``ClientError`` with the code `invalidAddress` if `AURA_SOCKET` is not a valid address or an environment
    /// variable is not UTF-8, and with the code `invalidToken` if the token cannot be used.
    public convenience init(patience: Duration = .seconds(60), timeout: Duration = .seconds(60)) throws {
        let found = try DaemonAddress.find()
        let settings = ClientSettings(
            address: found.address, token: try ClientToken.find(), retryBudget: patience, timeout: timeout,
            notificationBuffer: 1024,
            silence: .seconds(30), queueRetryBudget: .zero, advice: found.advice, time: SystemTime(),
            random: SystemRandom())
        self.init(settings, keepsNotifications: false)
    }

    /// Creates a client that retries only while the daemon's queue of new connections is full. The connection of its
    /// calls can carry a subscription too. `advice` is the text after "start it with …" in the error for an absent
    /// daemon.
    package convenience init(plain address: DaemonAddress, token: Secret?, timeout: Duration, advice: String) {
        let settings = ClientSettings(
            address: address, token: token, retryBudget: .zero, timeout: timeout, notificationBuffer: 1024,
            silence: .seconds(30),
            queueRetryBudget: timeout, advice: advice, time: SystemTime(), random: SystemRandom())
        self.init(settings, keepsNotifications: true)
    }

    private init(_ settings: ClientSettings, keepsNotifications: Bool) {
        self.settings = settings
        link = Link(settings, notificationBuffer: keepsNotifications ? settings.notificationBuffer : 0)
        identifiers = IdentifierSource(time: settings.time, random: settings.random)
    }

    /// Calls a method by its typed definition.
    ///
    /// Throws the `RPCError` of the daemon, or ``ClientError``. Cancelling the task cancels the call. If the parameters
    /// have an idempotency key that is `nil`, the client generates one.
    public func call<Parameters: Encodable & Sendable, Result: Decodable & Sendable>(
        _ method: RPCMethod<Parameters, Result>, _ parameters: Parameters
    ) async throws -> Result {
        try Self.read(Received(await call(method.name, json(of: parameters))), of: method.name)
    }

    /// Calls a method by its name; see ``call(_:_:)``.
    ///
    /// The client sends the call again if its connection breaks: pass an `idempotencyKey` if the method changes
    /// something.
    public func call(_ method: String, _ params: JSONValue? = nil) async throws -> JSONValue {
        var budget = RetryBudget(settings.retryBudget)
        while true {
            do {
                return try await attempt(method, params, &budget)
            } catch  where Passing.contains(error) {
                try await settings.pause(&budget, after: error)
            }
        }
    }

    /// Calls a method by its typed definition and returns the result without decoding it; see ``call(_:_:)``.
    ///
    /// The parameters are sent unchanged: the client generates no idempotency key. Pass one if the client has a retry
    /// budget and the method changes something.
    package func receive<Parameters: Encodable & Sendable, Result: Decodable & Sendable>(
        _ method: RPCMethod<Parameters, Result>, _ parameters: Parameters
    ) async throws -> Received<Result> {
        Received(try await call(method.name, JSONValueEncoder().encode(parameters)))
    }

    /// Closes the client for good.
    ///
    /// Calls that wait and later calls throw ``ClientError`` with the code `closed`. Subscriptions end without an
    /// error.
    public func close() async {
        await settings.life.close()
    }

    /// Returns the connection that the calls share, or opens it. Retries while the daemon's queue of new connections is
    /// full.
    package func connection() async throws -> Connection {
        var budget = RetryBudget(settings.queueRetryBudget)
        while true {
            do {
                return try await link.connection()
            } catch let error as ClientError where error.code == .queueFull {
                // Without a budget of its own, a full queue is retried like every other failure, by the caller.
                guard settings.queueRetryBudget > .zero else { throw error }
                try await settings.pause(&budget, after: error)
            }
        }
    }

    private func attempt(
        _ method: String, _ params: JSONValue?, _ budget: inout RetryBudget
    ) async throws -> JSONValue {
        let connection = try await connection()
        budget.connected(now: settings.time.uptime())
        do {
            return try await settings.within(replyTime(method, params)) { try await connection.call(method, params) }
        } catch {
            if Self.spoilsConnection(error) { link.retire(connection) }
            throw error
        }
    }

    /// True if the next call needs another connection: the daemon is shutting down, or a reply is late.
    private static func spoilsConnection(_ error: any Error) -> Bool {
        switch error {
        case let error as RPCError: error.code.name == RPCErrorCode.shuttingDown.name
        case let error as ClientError: error.code == .timedOut
        default: false
        }
    }

    /// The time limit for a reply. For `job.wait` it also includes the time that the daemon may wait for the job.
    private func replyTime(_ method: String, _ params: JSONValue?) -> Duration {
        guard method == Methods.jobWait.name else { return settings.timeout }
        let wait = params?["timeoutMs"]?.integerValue.map { Duration.milliseconds($0) }
        return settings.timeout + (wait ?? Self.longestWait)
    }

    private func json(of parameters: some Encodable & Sendable) throws -> JSONValue {
        guard var keyed = parameters as? any KeyedParameters, keyed.idempotencyKey == nil else {
            return try JSONValueEncoder().encode(parameters)
        }
        keyed.idempotencyKey = identifiers.next(Call.self).text
        return try JSONValueEncoder().encode(keyed)
    }

    private enum Call {}
}

extension AuraClient {
    /// The time that `job.wait` waits by default. The client waits no longer than this in one call.
    static let longestWait = Duration.seconds(600)

    /// Decodes a result or an event of `method`. Throws ``ClientError`` with the code `invalidReply`.
    static func read<Value>(_ received: Received<Value>, of method: String) throws -> Value {
        do {
            return try received.decoded()
        } catch {
            throw ClientError(
                .invalidReply, "cannot read what aurad answered to \(method), \(error): use a client of its version")
        }
    }
}
