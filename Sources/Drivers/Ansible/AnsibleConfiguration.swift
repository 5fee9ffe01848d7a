public import AuraModel
internal import ChildProcess
public import DriverKit
internal import JSON
public import Logging
internal import SSHDriver

/// Machines configured by our own Ansible tree: a supervised child for each run, in a throw-away directory.
///
/// Secrets reach the child as 0600 files below that directory, never on a command line nor in the environment. The
/// directory and every process of the run are gone when ``run(_:report:)`` returns, and what a killed daemon left goes
/// with ``sweep()``. Codes of failures: `ansibleUnreachable`, `ansibleTimeLimit`, `ansibleStopped`, `ansibleCrashed`
/// (transient); `ansibleTaskFailed`, `ansibleMissing` (permanent).
public final class AnsibleConfiguration: ConfigurationDriver {
    private let settings: AnsibleSettings
    private let time: any TimeSource
    private let work: WorkDirectory

    public init(settings: AnsibleSettings, time: any TimeSource, log: Logger) {
        self.settings = settings
        self.time = time
        work = WorkDirectory(path: settings.workDirectory, time: time, log: log)
    }

    /// Ends the runs of daemons that died, and removes their directories. For the daemon's start, before jobs go on.
    public func sweep() async {
        await work.sweep()
    }

    public func run(
        _ run: ConfigurationRun, report: @escaping @Sendable (ConfigurationEvent) async throws -> Void
    ) async throws -> ConfigurationSummary {
        do {
            return try await work.withDirectory { directory in
                try RunDirectory(path: directory).fill(run)
                return try await perform(run, in: directory, report)
            }
        } catch let error as ChildError {
            throw Failure(
                error.code == .missing ? .permanent : .transient,
                code: error.code == .missing ? "ansibleMissing" : "ansibleCrashed", message: error.message)
        }
    }

    private func perform(
        _ run: ConfigurationRun, in directory: String,
        _ report: @escaping @Sendable (ConfigurationEvent) async throws -> Void
    ) async throws -> ConfigurationSummary {
        let transcript = Transcript(host: run.instance.name)
        let (ending, errors) = try await child(run, in: directory).run(time: time) { piece in
            for event in transcript.take(piece) { try await report(event) }
        }
        for event in transcript.finish() { try await report(event) }
        return try RunVerdict.summary(ending, transcript.outcome, errors: errors, limit: run.timeLimit)
    }

    private func child(_ run: ConfigurationRun, in directory: String) -> ChildProcess {
        ChildProcess(
            executable: settings.playbookPath,
            arguments: [
                "--inventory", "\(settings.treePath)/inventory/aura.py", "--limit", run.instance.name, "--extra-vars",
                "@\(directory)/vars.json",
            ] + Self.play(run.play, settings.treePath),
            environment: environment(run, directory), workingDirectory: directory, timeLimit: run.timeLimit,
            stopGrace: settings.stopGrace)
    }

    private static func play(_ play: ConfigurationRun.Play, _ tree: String) -> [String] {
        switch play {
        case .machine: ["\(tree)/playbooks/configure.yml", "--tags", "base,agent_runtime"]
        case .network: ["\(tree)/playbooks/configure.yml", "--tags", "tailnet"]
        case .teardown: ["\(tree)/playbooks/teardown.yml"]
        }
    }

    /// All that a run sees of the daemon's surroundings.
    private func environment(_ run: ConfigurationRun, _ directory: String) -> [String: String] {
        [
            "PATH": settings.searchPath, "HOME": directory, "LANG": "C.UTF-8",
            "ANSIBLE_CONFIG": "\(settings.treePath)/ansible.cfg", "ANSIBLE_HOME": "\(directory)/ansible",
            "ANSIBLE_LOCAL_TEMP": "\(directory)/tmp", "AURA_SOCKET": settings.socketPath,
            "AURA_INSTANCE": run.instance.id.text, "AURA_SSH_DIRECTORY": "\(directory)/ssh",
            "AURA_SSH_USER": run.access.user, "AURA_SSH_PORT": String(run.access.port),
        ]
    }
}
