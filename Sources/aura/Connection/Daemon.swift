import AuraClient
import AuraModel
import JSON
import JSONRPC
import NIOCore

/// A connection to the daemon, with limits on how long it may keep the reader waiting.
struct Daemon: Sendable {
    let endpoint: Endpoint
    private let client: AuraClient
    private let timeoutSeconds: Double

    /// What the daemon sends by itself; ends with the connection. One consumer.
    var notifications: Notifications { client.notifications }

    /// Connects. Throws a ``Complaint`` that says what to do.
    static func connect(to endpoint: Endpoint, timeoutSeconds: Double) async throws -> Daemon {
        do {
            let limit = TimeAmount.milliseconds(max(Int64(timeoutSeconds * 1000), 1))
            let client = try await AuraClient.connect(to: endpoint.address, timeout: limit)
            return Daemon(endpoint: endpoint, client: client, timeoutSeconds: timeoutSeconds)
        } catch let error as ClientError {
            throw Complaint(.unreachable, error.message)
        }
    }

    /// Calls a method and waits for its result. Throws a ``Complaint``.
    func call(_ call: Call) async throws -> JSONValue {
        do {
            guard let result = try await within(timeoutSeconds, { try await client.call(call.method, call.params) })
            else {
                throw Complaint(
                    .timeout,
                    "cannot \(call.purpose): no answer from \(endpoint.address) within \(Self.text(timeoutSeconds)) s, "
                        + "raise --timeout or see the daemon's log")
            }
            return result
        } catch let error as RPCError {
            throw Complaint(error, purpose: call.purpose)
        } catch let error as ClientError {
            let advice = call.isRepeatable ? "call again" : "see aura list, it may have been done"
            throw Complaint(.connectionLost, "cannot \(call.purpose), \(Self.cause(of: error)): \(advice)")
        }
    }

    /// Calls a method and reads its result.
    func call<Value: Decodable>(_ call: Call, as type: Value.Type) async throws -> Value {
        try Answer.read(type, from: await self.call(call))
    }

    func close() async {
        await client.close()
    }

    /// Nil where `body` takes longer.
    private func within<Value: Sendable>(
        _ seconds: Double, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await SystemTime().sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private static func cause(of error: ClientError) -> String {
        switch error.code {
        case .connectionLost: "the connection ended before the answer came"
        case .unreachable, .notPermitted, .invalidReply: error.message
        }
    }

    private static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }
}
