import AnsibleDriver
import AuraModel
import DriverKit
import HTTPDoubles
import JSON
import Locking

/// A driver whose `ansible-playbook` is a shell script of the test's.
struct AnsibleBench {
    let scratch: Scratch
    let driver: AnsibleConfiguration
    let reported = Locked<[String]>([])
    /// Raised once a task that is called "ready" was reported to have started.
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
            id: InstanceID("0199-id"), tenant: Tenant.default, name: "ada", region: "eu-central", size: "small",
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

    /// Runs and keeps what was reported, one text an event.
    func perform(_ run: ConfigurationRun = AnsibleBench.run()) async throws -> ConfigurationSummary {
        try await driver.run(run) { event in
            reported.withLock { $0.append(Self.text(event)) }
            if case .taskStarted("ready", _) = event { ready.raise() }
        }
    }

    var events: [String] { reported.withLock { $0 } }

    /// What is left in the work directory, the daemon's own place and lock apart.
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

    /// The line of a recap in which the instance of ``run(_:secrets:variables:timeLimit:)`` has these counts.
    static func recap(unreachable: Int = 0, failed: Int = 0, data: String = "{}") -> String {
        """
        echo '{"event":"recap","hosts":{"0199-id":{"ok":3,"changed":2,"unreachable":\(unreachable),"failed":\(failed),\
        "skipped":1,"rescued":0,"ignored":0}},"data":\(data)}'
        """
    }
}
