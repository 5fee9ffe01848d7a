import AnsibleDriver
import AuraModel
import ChildProcess
import DriverKit
import JSON
import Locking
import Testing

/// The driver against programs that say what ansible-playbook says; the real one runs in the end-to-end suite.
@Suite struct AnsibleTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private static let recap =
        #"{"event":"recap","hosts":{"ada":{"ok":3,"changed":2,"unreachable":0,"failed":0,"skipped":1,"rescued":0,"ignored":0}},"data":{"aura":{"agentVersion":"1.2.3"}}}"#

    private func driver(_ script: String) throws -> AnsibleConfiguration {
        let settings = AnsibleSettings(
            playbookPath: try scratch.program("ansible-playbook", script), treePath: "\(scratch.path)/tree",
            socketPath: "/run/aura.sock", workDirectory: "\(scratch.path)/work", stopGrace: .seconds(1))
        return AnsibleConfiguration(settings: settings, time: SystemTime(), log: Scratch.log)
    }

    private func run(
        _ play: ConfigurationRun.Play = .machine, limit: Duration = .seconds(30)
    ) -> ConfigurationRun {
        let instance = Instance(
            id: InstanceID("0199-ada"), tenant: Tenant.default, name: "ada", region: "eu-central", size: "small",
            change: ChangeID("c1"), createdAt: Timestamp(milliseconds: 0))
        let access = SSHAccess(
            address: "203.0.113.10", port: 2222, user: "root", privateKey: Secret("KEY-SECRET"),
            hostKeys: ["ssh-ed25519 AAAA1"], hostKeyAlias: "0199-ada")
        return ConfigurationRun(
            play: play, instance: instance, access: access, variables: ["agent_version": "1.2.3"],
            secretFiles: ["agent_gateway_token_file": Secret("TOKEN-SECRET")], timeLimit: limit)
    }

    @Test func aRunReportsItsTasksAndReturnsItsRecap() async throws {
        let driver = try driver(
            """
            echo 'a warning of Python'
            echo '{"event":"play.start","play":"Configure","tasks":4}'
            echo '{"event":"task.start","task":"base : one","index":1,"handler":false}'
            echo '{"event":"task.ok","host":"ada","task":"base : one","changed":true,"durationMs":12}'
            echo '{"event":"task.failed","host":"ada","task":"two","message":"no","ignored":true,"durationMs":1}'
            printf '%s' '\(Self.recap)'
            """)
        let seen = Locked<[String]>([])
        let summary = try await driver.run(run()) { event in seen.withLock { $0.append(Self.name(event)) } }
        #expect(seen.withLock { $0 } == ["play 4", "start 1", "changed 12", "failed ignored", "recap"])
        #expect(summary.recap == "ok=3 changed=2 unreachable=0 failed=0 skipped=1 rescued=0 ignored=0")
        #expect(summary.data["aura"]?["agentVersion"] == "1.2.3")
        #expect(Self.leftovers(scratch).isEmpty)
    }

    @Test func secretsComeAsFilesOfTheirOwnersOnly() async throws {
        let driver = try driver(
            """
            printf '%s\\n' "$@" > "\(scratch.path)/arguments"
            env > "\(scratch.path)/environment"
            cp vars.json secrets/agent_gateway_token_file ssh/known_hosts "\(scratch.path)/"
            stat -c '%a' . ssh/id_ed25519 secrets/agent_gateway_token_file vars.json > "\(scratch.path)/modes"
            echo '\(Self.recap)'
            """)
        _ = try await driver.run(run()) { _ in }
        #expect(try scratch.text("modes") == "700\n600\n600\n600\n")
        #expect(try scratch.text("agent_gateway_token_file") == "TOKEN-SECRET")
        #expect(try scratch.text("known_hosts") == "0199-ada ssh-ed25519 AAAA1\n")
        let shown = try scratch.text("arguments") + scratch.text("environment") + scratch.text("vars.json")
        #expect(!shown.contains("SECRET"))
        let arguments = try scratch.text("arguments")
        #expect(arguments.contains("--limit\nada\n") && arguments.contains("--tags\nbase,agent_runtime\n"))
        let environment = try scratch.text("environment")
        #expect(environment.contains("AURA_INSTANCE=0199-ada\n") && environment.contains("AURA_SSH_PORT=2222\n"))
        #expect(!environment.contains("SSL_CERT_FILE"))
    }

    @Test(
        "the recap says what the exit code does not",
        arguments: [
            (#"{"event":"task.unreachable","host":"ada","task":"t","message":"no route"}"#, 0, 1, 4, "ansibleUnreachable"),
            (#"{"event":"task.failed","host":"ada","task":"t","message":"boom","ignored":false}"#, 1, 0, 2, "ansibleTaskFailed"),
        ])
    func failures(_ line: String, _ failed: Int, _ unreachable: Int, _ code: Int, _ expected: String) async throws {
        let driver = try driver(
            """
            echo '\(line)'
            echo '{"event":"recap","hosts":{"ada":{"ok":1,"failed":\(failed),"unreachable":\(unreachable)}},"data":{}}'
            exit \(code)
            """)
        let failure = await #expect(throws: Failure.self) { try await driver.run(run()) { _ in } }
        #expect(failure?.code == expected)
        #expect(failure?.errorClass == (unreachable > 0 ? .transient : .permanent))
        #expect(failure?.message.contains(unreachable > 0 ? "no route" : "task t: boom") == true)
    }

    @Test func aRunThatDiesBeforeItsRecapIsTriedAgainAndItsLastWordsAreKept() async throws {
        let driver = try driver("echo 'ERROR! the playbook could not be found' >&2; exit 5")
        let failure = await #expect(throws: Failure.self) { try await driver.run(run()) { _ in } }
        #expect(failure?.code == "ansibleCrashed")
        #expect(failure?.message.contains("code 5") == true)
        #expect(failure?.message.contains("the playbook could not be found") == true)
    }

    @Test func aProgramThatIsNotThereIsAPermanentFailure() async throws {
        let settings = AnsibleSettings(
            playbookPath: "\(scratch.path)/missing", treePath: "/t", socketPath: "/s", workDirectory: "\(scratch.path)/work")
        let driver = AnsibleConfiguration(settings: settings, time: SystemTime(), log: Scratch.log)
        let failure = await #expect(throws: Failure.self) { try await driver.run(run()) { _ in } }
        #expect(failure?.code == "ansibleMissing")
        #expect(failure?.errorClass == .permanent)
    }

    /// run ── task.start ──▶ cancel ──▶ the group ends ──▶ CancellationError
    @Test func cancellingEndsEveryProcessOfTheRun() async throws {
        let driver = try driver(
            """
            sleep 300 &
            echo $! > "\(scratch.path)/grandchild"
            echo '{"event":"task.start","task":"t","index":1}'
            wait
            """)
        let started = AsyncStream<Void>.makeStream()
        let running = Task { try await driver.run(run()) { _ in started.continuation.yield() } }
        for await _ in started.stream { break }
        running.cancel()
        await #expect(throws: CancellationError.self) { _ = try await running.value }
        let grandchild = try #require(Int(try scratch.text("grandchild").dropLast()))
        #expect(!isAlive(grandchild))
        #expect(Self.leftovers(scratch).isEmpty)
    }

    @Test func aRunOverItsTimeIsStopped() async throws {
        let driver = try driver("sleep 300")
        let failure = await #expect(throws: Failure.self) {
            try await driver.run(run(limit: .milliseconds(200))) { _ in }
        }
        #expect(failure?.code == "ansibleTimeLimit")
        #expect(failure?.errorClass == .transient)
    }

    @Test func anErrorOfWhoeverListensEndsTheRun() async throws {
        struct Deaf: Error {}
        let driver = try driver("echo '{\"event\":\"task.start\",\"task\":\"t\",\"index\":1}'; sleep 300")
        await #expect(throws: Deaf.self) { try await driver.run(run()) { _ in throw Deaf() } }
    }

    private static func leftovers(_ scratch: Scratch) -> [String] {
        scratch.names(below: "work").filter { $0.contains("/r") }
    }

    private static func name(_ event: ConfigurationEvent) -> String {
        switch event {
        case .playStarted(_, let tasks): "play \(tasks)"
        case .taskStarted(_, let index): "start \(index)"
        case .taskFinished(_, let outcome, let milliseconds): "\(outcome.rawValue) \(milliseconds)"
        case .taskFailed(_, _, let isIgnored): isIgnored ? "failed ignored" : "failed"
        case .taskRetried(_, let attempt, _): "retry \(attempt)"
        case .warning(let text): "warning \(text)"
        case .recap: "recap"
        }
    }
}
