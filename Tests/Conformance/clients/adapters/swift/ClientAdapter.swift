import AuraAPI
import AuraClient
import AuraModel
import JSON
import JSONRPC
import Locking

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Drives the Swift client for the clients' conformance list: reads commands from standard input and writes messages to
/// standard output.
@main
struct ClientAdapter {
    /// Larger than the client's limits, so that commands can carry calls that the client must refuse as too long.
    private static let limits = JSONLimits(bytes: 64 << 20, depth: 256)

    static func main() async {
        let stage = Stage()
        while let line = readLine() {
            guard let command = try? JSONValue(parsing: line, limits: limits), let number = command["as"]?.integerValue
            else { exit(2) }
            stage.begin(number, command)
        }
        await stage.end()
    }
}

/// The clients, running commands and subscriptions of one adapter process.
final class Stage: Sendable {
    private struct State: Sendable {
        var clients: [String: AuraClient] = [:]
        var tasks: [Int64: Task<Void, Never>] = [:]
        var subscriptions: [Int64: EventSubscription] = [:]
    }

    private struct Unknown: Error {
        var what: String
    }

    private let state = Locked(State())

    func begin(_ number: Int64, _ command: JSONValue) {
        let task = Task {
            do {
                say(number, "result", try await carryOut(number, command))
            } catch {
                say(number, "error", Self.words(for: error))
            }
        }
        state.withLock { $0.tasks[number] = task }
    }

    func end() async {
        let (clients, tasks) = state.withLock { (Array($0.clients.values), Array($0.tasks.values)) }
        for client in clients { await client.close() }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    private func carryOut(_ number: Int64, _ command: JSONValue) async throws -> JSONValue {
        switch command["do"]?.stringValue ?? "" {
        case "open": try open(command)
        case "call":
            return try await client(command).call(command["method"]?.stringValue ?? "", command["params"])
        case "wait":
            let job = try await client(command).wait(for: JobID(command["job"]?.stringValue ?? ""))
            return ["id": .string(job.id.text), "state": .string(job.state.rawValue)]
        case "subscribe": return try await subscribe(number, command)
        case "cancel":
            let task = state.withLock { $0.tasks[command["call"]?.integerValue ?? 0] }
            task?.cancel()
            await task?.value
        case "leave":
            await state.withLock { $0.subscriptions[command["call"]?.integerValue ?? 0] }?.close()
        case "close": try await client(command).close()
        default: throw Unknown(what: "command")
        }
        return [:]
    }

    private func open(_ command: JSONValue) throws {
        func time(_ name: String, else usual: Duration) -> Duration {
            command[name]?.integerValue.map { .milliseconds($0) } ?? usual
        }
        let address =
            try command["address"]?.stringValue.map { try DaemonAddress(parsing: $0) } ?? DaemonAddress.find().address
        let token = try command["token"]?.stringValue.map { Secret($0) } ?? ClientToken.find()
        let client = AuraClient(
            address, token: token, patience: time("patienceMs", else: .seconds(60)),
            timeout: time("timeoutMs", else: .seconds(60)),
            silence: time("silenceMs", else: .seconds(30)))
        state.withLock { $0.clients[command["client"]?.stringValue ?? ""] = client }
    }

    private func client(_ command: JSONValue) throws -> AuraClient {
        guard let client = state.withLock({ $0.clients[command["client"]?.stringValue ?? ""] }) else {
            throw Unknown(what: "client")
        }
        return client
    }

    private func subscribe(_ number: Int64, _ command: JSONValue) async throws -> JSONValue {
        let asked = try JSONValueDecoder().decode(SubscribeParameters.self, from: command["params"] ?? [:])
        let events = try await client(command).subscribe(
            filter: asked.filter, from: asked.from ?? .now, until: asked.until, maxEvents: asked.maxEvents,
            onLag: asked.onLag)
        state.withLock { $0.subscriptions[number] = events }
        for try await event in events {
            say(number, "event", ["seq": .integer(event.seq), "type": .string(event.type.rawValue)])
        }
        return ["reason": events.reason.map { .string($0.rawValue) } ?? .null]
    }

    private static func words(for error: any Error) -> JSONValue {
        var words: JSONObject = ["message": .string("\(error)"), "kind": "failed"]
        switch error {
        case let error as RPCError:
            words["kind"] = "aura"
            words["code"] = .string(error.code.name)
        case let error as ClientError:
            switch error.code {
            case .invalidAddress, .invalidToken, .tooLarge: words["kind"] = "refused"
            case .timedOut: words["kind"] = "timeout"
            case .closed: words["kind"] = "closed"
            case .unreachable, .queueFull, .notPermitted, .connectionLost, .patienceOver: words["kind"] = "lost"
            case .invalidReply, .noSnapshot: break
            }
        case is CancellationError: words["kind"] = "cancelled"
        default: break
        }
        return .object(words)
    }

    private func say(_ number: Int64, _ member: String, _ value: JSONValue) {
        var message: JSONObject = ["as": .integer(number)]
        message[member] = value
        let line = JSONValue.object(message).serialized() + [UInt8(ascii: "\n")]
        // The lock keeps lines from mixing.
        state.withLock { _ in
            var rest = line[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }
}
