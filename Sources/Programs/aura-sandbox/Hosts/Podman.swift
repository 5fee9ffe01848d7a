import Logging
import Subprocess

/// Runs `podman`. Each call has limits of time and output, and ends when its task is cancelled.
struct Podman: Sendable {
    let logger: Logger

    /// Returns the standard output of a successful call. Throws ``SandboxError`` if the call fails or takes too long.
    @discardableResult
    func run(_ arguments: [String], timeoutSeconds: Double = 60) async throws -> String {
        try await Self.run(.name("podman"), arguments, timeoutSeconds: timeoutSeconds)
    }

    /// Runs any program and returns its standard output. Throws ``SandboxError`` if the program fails or takes longer
    /// than `timeoutSeconds`.
    static func run(_ program: Executable, _ arguments: [String], timeoutSeconds: Double) async throws -> String {
        let what = "\(program) \(arguments.first ?? "")"
        return try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask { try await capture(program, arguments, what) }
            group.addTask {
                try await Task.sleep(for: .seconds(timeoutSeconds))
                return nil
            }
            defer { group.cancelAll() }
            guard let output = try await group.next() ?? nil else {
                throw SandboxError("cannot run \(what): no end within \(timeoutSeconds) s")
            }
            return output
        }
    }

    private static func capture(_ program: Executable, _ arguments: [String], _ what: String) async throws -> String {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(3))]
        // With its own session, a Ctrl-C at the terminal reaches the sandbox and not its podman calls.
        options.createSession = true
        let result = try await Subprocess.run(
            program, arguments: Arguments(arguments), platformOptions: options, output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            let complaint = result.standardError.split(separator: "\n").last.map(String.init)
            throw SandboxError("cannot run \(what): \(complaint ?? "it ended with \(result.terminationStatus)")")
        }
        return result.standardOutput
    }
}
