import ArgumentParser
import AuraClient
import AuraModel
import JSONRPC

/// The values that every command needs: the daemon's address, the output and the clock.
struct Invocation: Sendable {
    let output: Output
    let time: any TimeSource = SystemTime()
    private let endpoint: Endpoint
    private let timeoutSeconds: Double

    /// Runs the body of a command. Writes a ``Complaint`` that the body throws, and ends with its exit code.
    static func run(_ options: GlobalOptions, _ body: (Invocation) async throws -> Void) async throws {
        let invocation = Invocation(
            output: Output(json: options.json), endpoint: try options.endpoint(), timeoutSeconds: options.timeoutSeconds
        )
        do {
            try await body(invocation)
        } catch let complaint as Complaint {
            invocation.output.complain(complaint)
            throw ExitCode(complaint.exitCode)
        }
    }

    /// The daemon, not yet connected.
    var daemon: Daemon { Daemon(at: endpoint, timeoutSeconds: timeoutSeconds) }

    func connect() async throws -> Daemon {
        let daemon = daemon
        try await daemon.connect()
        return daemon
    }

    var place: String { endpoint.address.description }

    /// Returns a command of this program that uses the same daemon: `aura --socket PATH watch …`.
    func command(_ words: String) -> String {
        (["aura", endpoint.options, words].compactMap { $0 }).joined(separator: " ")
    }

    /// Calls a method and prints the result: unchanged with `--json`, else as the lines that `text` returns.
    func show<Parameters: Encodable & Sendable, Result: Decodable & Sendable>(
        _ method: RPCMethod<Parameters, Result>, _ parameters: Parameters, purpose: String,
        _ text: (Result) -> [Line]
    ) async throws {
        let reply = try await connect().call(method, parameters, purpose: purpose)
        if output.json {
            output.document(reply.json)
        } else {
            output.lines(text(try reply.value()))
        }
    }
}
