public import AuraModel
import ChildProcess
public import DriverKit
import JSON
import Locking
public import Logging
import SSHDriver

public struct AnsibleSettings: Sendable {
    public var playbookPath: String
    public var treePath: String
    public var socketPath: String
    public var workDirectory: String
    public init(playbookPath: String, treePath: String, socketPath: String, workDirectory: String) {
        self.playbookPath = playbookPath
        self.treePath = treePath
        self.socketPath = socketPath
        self.workDirectory = workDirectory
    }
}

public final class AnsibleConfiguration: ConfigurationDriver {
    let settings: AnsibleSettings
    let time: any TimeSource
    let work: WorkDirectory
    public init(settings: AnsibleSettings, time: any TimeSource, log: Logger) {
        self.settings = settings
        self.time = time
        work = WorkDirectory(path: settings.workDirectory, time: time, log: log)
    }
    public func sweep() async { await work.sweep() }

    public func run(
        _ run: ConfigurationRun, report: @escaping @Sendable (ConfigurationEvent) async throws -> Void
    ) async throws -> ConfigurationSummary {
        try await work.withDirectory { directory in
            try prepare(run, directory)
            let child = child(run, directory)
            let splitter = Locked(LineSplitter(limitBytes: 64 << 10))
            let recap = Locked<ConfigurationSummary?>(nil)
            let failure = Locked<String?>(nil)
            let (ending, errors) = try await child.run(time: time) { bytes in
                for line in splitter.withLock({ $0.feed(bytes) }) {
                    guard case .line(let text) = line, let value = try? JSONValue(parsing: text) else { continue }
                    if let event = Self.event(value, run.instance.name) {
                        if case .recap(let s) = event { recap.withLock { $0 = s } }
                        if case .taskFailed(let n, let m, false) = event { failure.withLock { $0 = "task \(n): \(m)" } }
                        try await report(event)
                    }
                }
            }
            if case .cancelled = ending { throw CancellationError() }
            guard let summary = recap.withLock({ $0 }) else {
                throw Failure(.transient, code: "ansibleCrashed", message: "\(ending) \(errors.lastLines())")
            }
            let message = failure.withLock { $0 } ?? errors.lastLines()
            if summary.unreachable > 0 { throw Failure(.transient, code: "ansibleUnreachable", message: message) }
            if summary.failed > 0 { throw Failure(.permanent, code: "ansibleTaskFailed", message: message) }
            return summary
        }
    }

    private func prepare(_ run: ConfigurationRun, _ directory: String) throws {
        for name in ["ssh", "secrets", "tmp", "ansible"] { try PrivateFile.makeDirectory("\(directory)/\(name)") }
        try run.access.writeFiles(into: "\(directory)/ssh")
        var variables = run.variables
        for (name, secret) in run.secretFiles {
            let path = "\(directory)/secrets/\(name)"
            try PrivateFile.write(secret.reveal(), to: path)
            variables[name] = .string(path)
        }
        try PrivateFile.write(JSONValue.object(variables).serialized(), to: "\(directory)/vars.json")
    }

    private func child(_ run: ConfigurationRun, _ directory: String) -> ChildProcess {
        let (playbook, tags): (String, [String]) =
            switch run.play {
            case .machine: ("configure.yml", ["--tags", "base,agent_runtime"])
            case .network: ("configure.yml", ["--tags", "tailnet"])
            case .teardown: ("teardown.yml", [])
            }
        let tree = settings.treePath
        return ChildProcess(
            executable: settings.playbookPath,
            arguments: [
                "-i", "\(tree)/inventory/aura.py", "--limit", run.instance.name, "-e", "@\(directory)/vars.json",
                "\(tree)/playbooks/\(playbook)",
            ] + tags,
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory, "LANG": "C.UTF-8",
                "ANSIBLE_CONFIG": "\(tree)/ansible.cfg", "ANSIBLE_LOCAL_TEMP": "\(directory)/tmp",
                "ANSIBLE_HOME": "\(directory)/ansible", "AURA_SOCKET": settings.socketPath,
                "AURA_INSTANCE": run.instance.id.text, "AURA_SSH_DIRECTORY": "\(directory)/ssh",
                "AURA_SSH_USER": run.access.user, "AURA_SSH_PORT": String(run.access.port),
            ], workingDirectory: directory, timeLimit: run.timeLimit)
    }

    private static func event(_ v: JSONValue, _ host: String) -> ConfigurationEvent? {
        let task = v["task"]?.stringValue ?? ""
        let ms = v["durationMs"]?.integerValue ?? 0
        switch v["event"]?.stringValue {
        case "play.start": return .playStarted(name: v["play"]?.stringValue ?? "", tasks: v["tasks"]?.intValue ?? 0)
        case "task.start": return .taskStarted(name: task, index: v["index"]?.intValue ?? 0)
        case "task.ok":
            return .taskFinished(name: task, outcome: v["changed"] == true ? .changed : .ok, milliseconds: ms)
        case "task.skipped": return .taskFinished(name: task, outcome: .skipped, milliseconds: ms)
        case "task.failed", "task.unreachable":
            return .taskFailed(name: task, message: v["message"]?.stringValue ?? "", isIgnored: v["ignored"] == true)
        case "task.retry":
            return .taskRetried(name: task, attempt: v["attempt"]?.intValue ?? 0, of: v["retries"]?.intValue ?? 0)
        case "warning": return .warning(v["message"]?.stringValue ?? "")
        case "recap":
            let h = v["hosts"]?[host]
            func n(_ k: String) -> Int { h?[k]?.intValue ?? 0 }
            return .recap(
                ConfigurationSummary(
                    ok: n("ok"), changed: n("changed"), unreachable: n("unreachable"), failed: n("failed"),
                    skipped: n("skipped"), rescued: n("rescued"), ignored: n("ignored"),
                    data: v["data"]?.objectValue ?? [:]))
        default: return nil
        }
    }
}
