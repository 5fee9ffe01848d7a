internal import AuraModel
internal import ChildProcess
public import DriverKit

/// Checks an agent that listens only on its machine's loopback address. Runs `curl` on the machine over SSH.
public struct SSHHealth: HealthDriver {
    private let shell: OpenSSH
    private let timeout: Duration

    /// Creates a driver. `timeout` limits each request.
    public init(shell: OpenSSH, timeout: Duration = .seconds(5)) {
        self.shell = shell
        self.timeout = timeout
    }

    public func probe(_ target: HealthTarget) async throws -> HealthReport {
        guard let access = target.access else {
            throw Failure(
                .permanent, code: "invalidInput",
                message: "cannot look at the agent on \(target.address): no key for its machine is kept")
        }
        return try await HealthVerdict.report(target) { try await get($0, target, access) }
    }

    /// Sends one request. The last line of the output is the status; the lines before it are the body.
    private func get(
        _ path: String, _ target: HealthTarget, _ access: SSHAccess
    ) async throws -> (status: Int, body: [UInt8]) {
        let seconds = max(timeout.wholeMilliseconds / 1000, 1)
        let command =
            "curl -q -sS --noproxy '*' --max-time \(seconds) --max-filesize 65536 -w '\\n%{http_code}' "
            + "http://127.0.0.1:\(target.port)\(path)"
        let end = try await shell.execute(access, command: command)
        switch end.ending {
        case .exited(0): break
        case .exited(127):
            throw Failure(
                .permanent, code: "healthToolMissing",
                message: "cannot look at the agent on \(target.address): there is no curl on its machine")
        case .exited(let code) where code != 255:
            throw Failure(
                .transient, code: "agentUnreachable",
                message: "the agent on \(target.address):\(target.port) does not answer: "
                    + PlainText.clean((end.errors.lastLines(1).isEmpty ? end.output : end.errors).lastLines(1)))
        case .exited, .signalled, .overTime, .silent, .tooMuchOutput, .cancelled, .refused:
            throw SSHVerdict.failure(end, access)
        }
        let lines = end.output.text.split(separator: "\n", omittingEmptySubsequences: false)
        let status = lines.last.flatMap { Int($0) } ?? 0
        return (status, Array(lines.dropLast().joined(separator: "\n").utf8))
    }
}
