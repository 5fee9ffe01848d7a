import ArgumentParser
import AuraClient
import AuraModel
import JSON

/// What every command works with: the daemon's place, the output, the clock.
struct Invocation: Sendable {
    let output: Output
    let time: any TimeSource = SystemTime()
    private let endpoint: Endpoint
    private let timeoutSeconds: Double

    /// Runs a command's body; what it complains of is written, and becomes the exit code.
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

    /// The daemon, not yet connected to.
    var daemon: Daemon { Daemon(at: endpoint, timeoutSeconds: timeoutSeconds) }

    func connect() async throws -> Daemon {
        let daemon = daemon
        try await daemon.connect()
        return daemon
    }

    var place: String { endpoint.address.description }

    /// A command of this program that reaches the same daemon: `aura --socket PATH watch …`.
    func command(_ words: String) -> String {
        (["aura", endpoint.options, words].compactMap { $0 }).joined(separator: " ")
    }

    /// Calls, and prints the answer: as it came where documents are wanted, else as `text` shows it.
    func show<Value: Decodable>(_ call: Call, as type: Value.Type, _ text: (Value) -> [Line]) async throws {
        let answer = try await connect().call(call)
        if output.json {
            output.document(answer)
        } else {
            output.lines(text(try Answer.read(type, from: answer)))
        }
    }
}
