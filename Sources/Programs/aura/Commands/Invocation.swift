import ArgumentParser
import AuraClient
import AuraModel
import JSONRPC

/// The values that every command needs: the daemon's address, the output and the clock.
struct Invocation: Sendable {
    let output: Output
    let time: any TimeSource = SystemTime()
    private let endpoint: Endpoint
    private let tokenFile: String?
    private let token: Secret?
    private let timeoutSeconds: Double

    /// Runs the body of a command. Writes a ``Complaint`` that the body throws, and ends with its exit code.
    static func run(_ options: GlobalOptions, _ body: (Invocation) async throws -> Void) async throws {
        let endpoint = try options.endpoint()
        try await complaining(Output(json: options.json)) { output in
            try await body(
                Invocation(
                    output: output, endpoint: endpoint, tokenFile: options.tokenFile, token: try options.token(),
                    timeoutSeconds: options.timeoutSeconds))
        }
    }

    /// Runs the body of a command that calls no daemon; see ``run(_:_:)``.
    static func runOffline(_ options: GlobalOptions, _ body: (Output) async throws -> Void) async throws {
        try await complaining(Output(json: options.json), body)
    }

    private static func complaining(_ output: Output, _ body: (Output) async throws -> Void) async throws {
        do {
            try await body(output)
        } catch let complaint as Complaint {
            output.complain(complaint)
            throw ExitCode(complaint.exitCode)
        }
    }

    /// The daemon, not yet connected.
    var daemon: Daemon { Daemon(at: endpoint, token: token, timeoutSeconds: timeoutSeconds) }

    func connect() async throws -> Daemon {
        let daemon = daemon
        try await daemon.connect()
        return daemon
    }

    var place: String { endpoint.address.description }

    /// Returns a command of this program that uses the same daemon and token file: `aura --socket PATH watch …`.
    func command(_ words: String) -> String {
        let token = tokenFile.map { "--token-file \($0.shellQuoted)" }
        return (["aura", endpoint.options, token, words].compactMap { $0 }).joined(separator: " ")
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
