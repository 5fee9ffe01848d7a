import AuraAPI
import AuraClient
import AuraModel
import JSON
import JSONRPC

/// Calls the daemon for the commands. Only a call with `reconnectSeconds` and a watch retry. A failed call throws a
/// ``Complaint``.
struct Daemon: Sendable {
    let endpoint: Endpoint
    /// The client of all calls without `reconnectSeconds`. It throws `ClientError` and `RPCError`, not ``Complaint``.
    let client: AuraClient
    private let token: Secret?
    private let timeoutSeconds: Double

    /// Creates a client that connects at its first call, and shows the token first if there is one.
    init(at endpoint: Endpoint, token: Secret?, timeoutSeconds: Double) {
        self.endpoint = endpoint
        self.token = token
        self.timeoutSeconds = timeoutSeconds
        client = AuraClient(
            plain: endpoint.address, token: token, timeout: .seconds(timeoutSeconds), advice: endpoint.advice)
    }

    /// Returns the open connection, or opens one. Throws a ``Complaint`` with a remedy.
    @discardableResult
    func connect() async throws -> Connection {
        do {
            return try await client.connection()
        } catch let error as ClientError {
            throw Complaint(.unreachable, error.message)
        } catch let error as RPCError {
            throw Complaint(error, purpose: "use the token")
        }
    }

    /// Calls a method and waits for its result. Throws a ``Complaint``.
    ///
    /// `purpose` is the purpose of the call, for the text of an error: `provision ada`. With `reconnectSeconds`, a call
    /// that lost the daemon is sent again for up to that time.
    func call<Parameters: Encodable & Sendable, Result: Decodable & Sendable>(
        _ method: RPCMethod<Parameters, Result>, _ parameters: Parameters, purpose: String,
        reconnectSeconds: Double? = nil
    ) async throws -> Received<Result> {
        let client = reconnectSeconds.map(retryingClient) ?? client
        return try await complaining(purpose, isRepeatable: Self.isRepeatable(parameters)) {
            try await client.receive(method, parameters)
        }
    }

    /// Calls `status.get`.
    func instance(_ nameOrID: String, tenant: TenantID? = nil) async throws -> Received<StatusGetResult> {
        try await call(
            Methods.statusGet, StatusGetParameters(instance: nameOrID, tenant: tenant), purpose: "show \(nameOrID)")
    }

    /// Calls `job.get`.
    func job(_ id: JobID, reconnectSeconds: Double? = nil) async throws -> Received<JobResult> {
        try await call(
            Methods.jobGet, JobParameters(job: id), purpose: "show job \(id)", reconnectSeconds: reconnectSeconds)
    }

    /// Calls a method by its name. Throws a ``Complaint``.
    func call(_ method: String, _ params: JSONValue?) async throws -> JSONValue {
        try await complaining("call \(method)", isRepeatable: Self.isRepeatable(method, params)) {
            try await client.call(method, params)
        }
    }

    /// Returns the events of a watch. The first subscription uses the same connection as the calls. `onLoss` gets the
    /// remaining retry budget when the daemon is lost, and `nil` when the subscription is restored.
    func events(of watch: Watch, onLoss: @escaping @Sendable (Duration?) -> Void) async -> EventStream {
        client.events(
            SubscribeParameters(filter: watch.subject.filter, from: watch.start, until: watch.end),
            epoch: watch.epoch, retryBudget: .seconds(watch.reconnectSeconds), first: try? await client.connection(),
            onLoss: onLoss)
    }

    private func retryingClient(reconnectSeconds: Double) -> AuraClient {
        AuraClient(
            endpoint.address, token: token, patience: .seconds(reconnectSeconds), timeout: .seconds(timeoutSeconds))
    }
}

// MARK: - Repeated calls

extension Daemon {
    /// True if the call may be sent again when its outcome is not known. A method without the parameter
    /// `idempotencyKey` can be repeated safely.
    private static func isRepeatable(_ parameters: some Sendable) -> Bool {
        guard let keyed = parameters as? any KeyedParameters else { return true }
        return keyed.idempotencyKey != nil
    }

    /// True if the call may be sent again, by the description of the method in this version's API. A method that this
    /// version does not know may change something.
    private static func isRepeatable(_ method: String, _ params: JSONValue?) -> Bool {
        guard params?["idempotencyKey"] == nil else { return true }
        let methods = (try? OpenRPCDocument.value())?["methods"]?.arrayValue ?? []
        let parameters = methods.first { $0["name"]?.stringValue == method }?["params"]?.arrayValue
        return parameters?.contains { $0["name"] == "idempotencyKey" } == false
    }
}

// MARK: - Errors

extension Daemon {
    private func complaining<Value>(
        _ purpose: String, isRepeatable: @autoclosure () -> Bool, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as RPCError {
            throw Complaint(error, purpose: purpose)
        } catch let error as ClientError {
            throw complaint(error, purpose: purpose, isRepeatable: isRepeatable())
        }
    }

    private func complaint(_ error: ClientError, purpose: String, isRepeatable: @autoclosure () -> Bool) -> Complaint {
        switch error.code {
        case .timedOut:
            return Complaint(
                .timeout,
                "cannot \(purpose): no answer from \(endpoint.address) within \(Self.text(timeoutSeconds)) s, "
                    + "raise --timeout or see the daemon's log")
        case .tooLarge: return Complaint(.refused, error.message)
        case .connectionLost, .unreachable, .queueFull, .notPermitted, .patienceOver, .invalidReply, .noSnapshot,
            .invalidAddress, .invalidToken, .closed:
            let advice = isRepeatable() ? "call again" : "see aura list, it may have been done"
            return Complaint(.connectionLost, "cannot \(purpose), \(Self.cause(of: error)): \(advice)")
        }
    }

    private static func cause(of error: ClientError) -> String {
        error.code == .connectionLost ? "the connection ended before the answer came" : error.message
    }

    private static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }
}

extension Received {
    /// Decodes the value. Throws a ``Complaint`` that names the invalid member.
    func value() throws -> Value {
        do {
            return try decoded()
        } catch {
            throw Complaint(
                .unreadableAnswer,
                "cannot read the daemon's answer, \(error): use an aura of the daemon's version, or see --json")
        }
    }
}
