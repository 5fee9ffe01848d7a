import AuraAPI
import AuraClient
import JSON
import JSONRPC

/// The daemon as commands call it. Only the functions with a retry budget retry. A failed call throws a ``Complaint``.
struct Daemon: Sendable {
    let endpoint: Endpoint
    private let client: AuraClient
    private let timeoutSeconds: Double

    /// Creates a client that connects at its first call.
    init(at endpoint: Endpoint, timeoutSeconds: Double) {
        self.endpoint = endpoint
        self.timeoutSeconds = timeoutSeconds
        client = AuraClient(plain: endpoint.address, timeout: .seconds(timeoutSeconds), advice: endpoint.advice)
    }

    /// Returns the connection of the calls, or opens it. Throws a ``Complaint`` with a remedy.
    @discardableResult
    func connect() async throws -> Connection {
        do {
            return try await client.connection()
        } catch let error as ClientError {
            throw Complaint(.unreachable, error.message)
        }
    }

    /// Calls a method and waits for its result. Throws a ``Complaint``.
    func call(_ call: Call) async throws -> JSONValue {
        try await self.call(call, on: client)
    }

    /// Calls a method that may be called again. Retries for up to `seconds` after it lost the daemon.
    func call(_ call: Call, reconnectSeconds seconds: Double) async throws -> JSONValue {
        let patient = AuraClient(endpoint.address, patience: .seconds(seconds), timeout: .seconds(timeoutSeconds))
        return try await self.call(call, on: patient)
    }

    private func call(_ call: Call, on client: AuraClient) async throws -> JSONValue {
        do {
            return try await client.call(call.method, call.params)
        } catch let error as RPCError {
            throw Complaint(error, purpose: call.purpose)
        } catch let error as ClientError {
            throw complaint(error, call)
        }
    }

    /// Calls a method and reads its result.
    func call<Value: Decodable>(_ call: Call, as type: Value.Type) async throws -> Value {
        try Answer.read(type, from: await self.call(call))
    }

    /// Returns the events of a watch. The first subscription uses the connection of the calls. `onLoss` gets the
    /// remaining retry budget when the daemon is lost, and `nil` when the subscription is restored.
    func events(of watch: Watch, onLoss: @escaping @Sendable (Duration?) -> Void) async -> EventStream {
        client.events(
            SubscribeParameters(filter: watch.subject.filter, from: watch.start, until: watch.end),
            epoch: watch.epoch, patience: .seconds(watch.reconnectSeconds), first: try? await client.connection(),
            onLoss: onLoss)
    }

    private func complaint(_ error: ClientError, _ call: Call) -> Complaint {
        switch error.code {
        case .timedOut:
            return Complaint(
                .timeout,
                "cannot \(call.purpose): no answer from \(endpoint.address) within \(Self.text(timeoutSeconds)) s, "
                    + "raise --timeout or see the daemon's log")
        case .tooLarge: return Complaint(.refused, error.message)
        case .connectionLost, .unreachable, .queueFull, .notPermitted, .patienceOver, .invalidReply, .noSnapshot,
            .invalidAddress, .closed:
            let advice = call.isRepeatable ? "call again" : "see aura list, it may have been done"
            return Complaint(.connectionLost, "cannot \(call.purpose), \(Self.cause(of: error)): \(advice)")
        }
    }

    private static func cause(of error: ClientError) -> String {
        error.code == .connectionLost ? "the connection ended before the answer came" : error.message
    }

    private static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }
}
