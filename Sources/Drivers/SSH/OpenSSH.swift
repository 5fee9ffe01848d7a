public import AuraModel
internal import ChildProcess
public import DriverKit
public import Logging

/// Key pairs and first contact, by the programs of OpenSSH.
///
/// Every call works in a throw-away directory (0700) that is gone when it returns; private keys pass through 0600 files
/// there, never through arguments or the environment. No configuration of the user's is read.
public final class OpenSSH: RemoteShellDriver {
    let settings: SSHSettings
    private let time: any TimeSource
    private let work: WorkDirectory

    public init(settings: SSHSettings, time: any TimeSource, log: Logger) {
        self.settings = settings
        self.time = time
        work = WorkDirectory(path: settings.workDirectory, time: time, log: log)
    }

    /// Removes what daemons that died left in the work directory, and ends its processes. For the daemon's start.
    public func sweep() async {
        await work.sweep()
    }

    public func makeKeyPair(comment: String) async throws -> KeyPair {
        OpenSSHKey.makePair(comment: comment)
    }

    /// Returns once a command ran on the machine.
    ///
    /// A machine that is still booting may refuse the key (`sshPermissionDenied`) or, where its image brings host keys,
    /// show another one (`sshHostKeyMismatch`) until cloud-init has put ours in place: the codes say what happened, and
    /// how long to be patient is the caller's to decide.
    public func reach(_ access: SSHAccess) async throws {
        let end = try await execute(access, command: "true")
        guard case .exited(0) = end.ending else { throw SSHVerdict.failure(end, access) }
    }

    /// What is left of a program that ran.
    struct End: Sendable {
        var ending: ChildProcess.Ending
        var output: Tail
        var errors: Tail
    }

    /// Runs a command on the machine; connection problems show in how it ended.
    func execute(_ access: SSHAccess, command: String) async throws -> End {
        try access.check()
        try OutsideCall.check()
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
            timeLimit: settings.timeLimit, stopGrace: .seconds(1), permit: { try OutsideCall.check() })
    }

    private func run(_ child: ChildProcess) async throws -> End {
        let output = TailBox()
        let end = try await child.run(time: time) { output.append($0) }
        return End(ending: end.ending, output: output.tail, errors: end.errorTail)
    }

    /// A throw-away directory around `body`, and its errors as failures.
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
