public import AuraModel
internal import ChildProcess
public import DriverKit
public import Logging

/// Creates key pairs, and tests SSH access with OpenSSH's `ssh`.
///
/// Every connection uses a temporary directory (0700), which is removed before the call returns. Private keys are files
/// of mode 0600 there, and are never arguments or environment variables. The user's SSH configuration is not read.
public final class OpenSSH: RemoteShellDriver {
    let settings: SSHSettings
    private let time: any TimeSource
    private let work: WorkDirectory

    /// Creates a driver.
    public init(settings: SSHSettings, time: any TimeSource, log: Logger) {
        self.settings = settings
        self.time = time
        work = WorkDirectory(path: settings.workDirectory, time: time, log: log)
    }

    /// Ends the processes of daemons that died and removes their directories. Call it at the daemon's start.
    public func sweep() async {
        await work.sweep()
    }

    public func makeKeyPair(comment: String) async throws -> KeyPair {
        OpenSSHKey.makePair(comment: comment)
    }

    /// Runs `true` on the machine over SSH.
    ///
    /// A machine that is still booting may refuse the key (`sshPermissionDenied`). If its image contains host keys, it
    /// may present another host key (`sshHostKeyMismatch`). Both failures end when cloud-init has installed the keys.
    /// The caller decides how long to retry after these codes.
    public func reach(_ access: SSHAccess) async throws {
        let end = try await execute(access, command: "true")
        guard case .exited(0) = end.ending else { throw SSHVerdict.failure(end, access) }
    }

    /// The result of a program that ran.
    struct End: Sendable {
        var ending: ChildProcess.Ending
        var output: Tail
        var errors: Tail
    }

    /// Runs a command on the machine. Connection problems are a part of the result.
    func execute(_ access: SSHAccess, command: String) async throws -> End {
        try access.check()
        try LeaseGuard.check()
        return try await inDirectory("reach \(access.address)") { directory in
            try access.writeFiles(into: directory)
            let seconds = max(self.settings.connectTimeout.wholeMilliseconds / 1000, 1)
            let arguments =
                SSHConfiguration.arguments(directory: directory)
                + ["-T", "-o", "ConnectTimeout=\(seconds)", access.address, command]
            let end = try await self.run(self.child(self.settings.sshPath, arguments, in: directory))
            if case .cancelled = end.ending {
                throw Failure(
                    .transient, code: "cancelled", message: "cannot reach \(access.address): the task was cancelled")
            }
            return end
        }
    }

    private func child(_ path: String, _ arguments: [String], in directory: String) -> ChildProcess {
        ChildProcess(
            executable: path, arguments: arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": directory, "LANG": "C.UTF-8"], workingDirectory: directory,
            timeLimit: settings.timeLimit, stopGrace: .seconds(1),
            confinement: settings.launcher.map { Confinement(launcher: $0, readable: [path], writable: [directory]) },
            permit: { try LeaseGuard.check() })
    }

    private func run(_ child: ChildProcess) async throws -> End {
        let output = TailBox()
        let end = try await child.run(time: time) { output.append($0) }
        return End(ending: end.ending, output: output.tail, errors: end.errorTail)
    }

    /// Runs `body` with a temporary directory, and converts its errors to failures.
    private func inDirectory<Result: Sendable>(
        _ what: String, _ body: @escaping @Sendable (String) async throws -> Result
    ) async throws -> Result {
        do {
            return try await work.withDirectory(body)
        } catch let error as ChildError {
            switch error.code {
            case .missing: throw Failure(.permanent, code: "sshMissing", message: "cannot \(what): \(error.message)")
            case .spawn, .file:
                throw Failure(.transient, code: "sshNotRun", message: "cannot \(what): \(error.message)")
            }
        }
    }
}
