public import AuraModel
internal import ChildProcess
public import DriverKit
internal import Locking
public import Logging

/// Configures machines with `ansible-playbook`. Each run is one child process with its own temporary directory.
///
/// The directory (0700) holds the run's key, known hosts, variables and secrets (all 0600), and Ansible's temporary
/// files. At the end of the run, in every case, all processes that belong to the directory are ended, and then the
/// directory is removed. The child has its own session and a supervisor that ends the child when the daemon dies.
/// ``sweep()`` removes the remains of a killed daemon at the next start.
///
/// Codes of failures:
/// - Transient: `ansibleUnreachable`, `ansibleTimeLimit`, `ansibleSilent`, `ansibleInventory`, `ansibleCrashed` (before
///   a play: by the reported cause), `ansibleNotRun`, `cancelled`.
/// - Ambiguous, because the cause is unknown and another run on the machine is safe: `ansibleError`, `ansibleOutput`.
/// - Classified by the cause that the callback reports, and ambiguous without a cause: `ansibleTaskFailed`.
/// - Permanent: `ansibleMissing` (the daemon's host) and `invalidInput`.
public final class AnsibleConfiguration: ConfigurationDriver {
    private let settings: AnsibleSettings
    private let time: any TimeSource
    private let work: WorkDirectory

    /// Creates a driver.
    public init(settings: AnsibleSettings, time: any TimeSource, log: Logger) {
        self.settings = settings
        self.time = time
        work = WorkDirectory(path: settings.workDirectory, time: time, log: log)
    }

    /// Ends the runs of daemons that died and removes their directories. Call it at the daemon's start, before any job
    /// continues.
    public func sweep() async {
        await work.sweep()
    }

    public func run(
        _ run: ConfigurationRun, report: @escaping @Sendable (ConfigurationEvent) async throws -> Void
    ) async throws -> ConfigurationSummary {
        do {
            try LeaseGuard.check(changes: true)
            return try await work.withDirectory { path in
                let directory = RunDirectory(path: path, run: run, settings: self.settings)
                try directory.prepare()
                return try await self.follow(directory, report)
            }
        } catch let error as ChildError {
            switch error.code {
            case .missing:
                throw Failure(.permanent, code: "ansibleMissing", message: error.message, concern: .host)
            case .spawn, .file: throw Failure(.transient, code: "ansibleNotRun", message: error.message)
            }
        }
    }

    private func follow(
        _ directory: RunDirectory, _ report: @escaping @Sendable (ConfigurationEvent) async throws -> Void
    ) async throws -> ConfigurationSummary {
        let run = directory.run
        let redactor = Redactor(Array(run.secretFiles.values) + [run.access.privateKey])
        let progress = Locked(PlaybookProgress(host: run.inventoryHost, redactor: redactor))
        let end = try await directory.child.run(time: time) { bytes in
            for event in progress.withLock({ $0.take(bytes) }) { try await report(event) }
        }
        for event in progress.withLock({ $0.finish() }) { try await report(event) }
        let verdict = PlaybookVerdict(
            run: run, progress: progress.withLock { $0 }, errorWords: redactor.clean(end.errorTail.lastLines()))
        return try verdict.summary(end.ending)
    }
}
