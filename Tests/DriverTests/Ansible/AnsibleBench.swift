import AnsibleDriver
import AuraModel
import DriverKit
import HTTPDoubles
import JSON
import Locking
import TestKit

/// A driver whose `ansible-playbook` is a shell script of the test.
struct AnsibleBench {
    let scratch: Scratch
    let driver: AnsibleConfiguration
    let reported = Locked<[String]>([])
    /// Raised when the start of a task named "ready" was reported.
    let ready = Signal()

    init(
        script: String, time: any TimeSource = SystemTime(), grace: Duration = .seconds(60),
        silenceLimit: Duration = .seconds(1 << 30)
    ) throws {
        scratch = try Scratch()
        let path = try scratch.program("ansible-playbook", "OUT='\(scratch.path)'\n" + script)
        driver = AnsibleConfiguration(
            settings: AnsibleSettings(
                playbookPath: path, treePath: "/opt/tree", socketPath: "/run/aura.sock",
                workDirectory: "\(scratch.path)/runs", stopGrace: grace, silenceLimit: silenceLimit,
                outputLimitBytes: 1 << 20),
            time: time, log: Scratch.log)
    }

    static func run(
        _ play: ConfigurationRun.Play = .machine, secrets: [String: Secret] = [:], variables: JSONObject = [:],
        timeLimit: Duration = .seconds(600)
    ) -> ConfigurationRun {
        var instance = Instance(
            of: .test, id: InstanceID("0199-id"), tenant: Tenant.default, name: "ada", region: "eu-central",
            size: "small",
            change: ChangeID("evt_1"), createdAt: Timestamp(milliseconds: 0))
        instance.generation = 2
        return ConfigurationRun(
            play: play, instance: instance,
            access: SSHAccess(
                address: "203.0.113.10", port: 2222, user: "admin",
                privateKey: Secret("-----BEGIN-----\nprivate-key-text"),
                hostKeys: ["ssh-ed25519 AAAA"], hostKeyAlias: "0199-id"),
            variables: variables, secretFiles: secrets, timeLimit: timeLimit)
    }

    /// Runs the driver and records each reported event as one text.
    func perform(_ run: ConfigurationRun = AnsibleBench.run()) async throws -> ConfigurationSummary {
        try await driver.run(run) { event in
            reported.withLock { $0.append(Self.text(event)) }
            if case .taskStarted("ready", _) = event { ready.raise() }
        }
    }

    var events: [String] { reported.withLock { $0 } }

    /// The files and directories left in the work directory, except the daemon's own directory and its lock file.
    var leftovers: [String] {
        scratch.names(below: "runs").filter { $0.contains("/") && !$0.hasSuffix("/lock") }
    }

    static func text(_ event: ConfigurationEvent) -> String {
        switch event {
        case .playStarted(let name, let tasks): "play \(name) \(tasks)"
        case .taskStarted(let name, let index): "start \(index) \(name)"
        case .taskFinished(let name, let outcome, let milliseconds): "\(outcome.rawValue) \(name) \(milliseconds)"
        case .taskFailed(let name, let message, let isIgnored):
            "failed \(name): \(message)\(isIgnored ? " (ignored)" : "")"
        case .taskRetried(let name, let attempt, let of): "retry \(name) \(attempt)/\(of)"
        case .warning(let message): "warning \(message)"
        case .recap(let summary): "recap \(summary.recap)"
        }
    }

    /// A shell command that prints the recap line, with these counts for the instance of
    /// ``run(_:secrets:variables:timeLimit:)``.
    static func recap(unreachable: Int = 0, failed: Int = 0, data: String = "{}") -> String {
        """
        echo '{"event":"recap","hosts":{"0199-id":{"ok":3,"changed":2,"unreachable":\(unreachable),"failed":\(failed),\
        "skipped":1,"rescued":0,"ignored":0}},"data":\(data)}'
        """
    }
}
