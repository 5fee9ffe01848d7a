import AnsibleDriver
import AuraModel
import DriverKit
import HTTPDoubles
import Testing

/// The ways in which a run ends. No process and no file is left behind.
@Suite struct AnsibleEndTests {
    struct Case: Sendable, CustomStringConvertible {
        var script: String
        var errorClass: ErrorClass
        var code: String
        var message: String
        var description: String { "\(code): \(message)" }

        init(_ script: String, _ errorClass: ErrorClass, _ code: String, _ message: String) {
            self.script = script
            self.errorClass = errorClass
            self.code = code
            self.message = message
        }
    }

    private static let playStart = #"echo '{"event":"play.start","play":"configure","tasks":3}'"#

    private static func failed(cause: String) -> String {
        """
        echo '{"event":"task.failed","task":"base : apt","message":"503","ignored":false,"cause":"\(cause)"}'
        \(AnsibleBench.recap(failed: 1)); exit 2
        """
    }

    static let cases: [Case] = [
        Case(
            """
            echo '{"event":"task.unreachable","host":"0199-id","task":"wait","message":"Connection refused"}'
            \(AnsibleBench.recap(unreachable: 1, failed: 1)); exit 4
            """, .transient, "ansibleUnreachable", "Connection refused"),
        Case(
            """
            echo '{"event":"task.failed","task":"one","message":"tolerated","ignored":true}'
            echo '{"event":"task.failed","task":"base : apt","message":"no space left","ignored":false}'
            echo '{"event":"task.failed","task":"two","message":"tolerated","ignored":true}'
            \(AnsibleBench.recap(failed: 1)); exit 2
            """, .ambiguous, "ansibleTaskFailed", "task base : apt: no space left"),
        Case(failed(cause: "transient"), .transient, "ansibleTaskFailed", "task base : apt: 503"),
        Case(failed(cause: "permanent"), .permanent, "ansibleTaskFailed", "task base : apt: 503"),
        Case(failed(cause: "unknown"), .ambiguous, "ansibleTaskFailed", "task base : apt: 503"),
        Case(failed(cause: "cosmic"), .ambiguous, "ansibleTaskFailed", "task base : apt: 503"),
        Case("echo 'ERROR! bad role' >&2; exit 1", .ambiguous, "ansibleError", "it ended with 1: ERROR! bad role"),
        Case("echo 'ERROR! parser' >&2; exit 4", .ambiguous, "ansibleError", "it ended with 4: ERROR! parser"),
        Case("echo usage; exit 5", .ambiguous, "ansibleError", "it ended with 5: usage"),
        // A worker process was killed: exit code 1 after the play began, without a recap.
        Case("\(playStart); exit 1", .transient, "ansibleCrashed", "it ended with 1 without a recap: it said nothing"),
        Case(
            "\(playStart); echo 'A worker was found in a dead state' >&2; exit 1", .transient, "ansibleCrashed",
            "A worker was found in a dead state"),
        Case(
            """
            \(playStart)
            echo '{"event":"run.broken","cause":"transient","reason":"worker","message":"a worker was ended by signal 9"}'
            exit 1
            """, .transient, "ansibleCrashed", "a worker was ended by signal 9"),
        Case(
            #"echo '{"event":"run.broken","cause":"unknown","reason":"other","message":"no recap"}'; exit 1"#,
            .ambiguous,
            "ansibleCrashed", "no recap"),
        Case(
            "echo 'cannot reach aurad at /x: no such file; start aurad' >&2; exit 1", .transient, "ansibleInventory",
            "cannot reach aurad at /x: no such file; start aurad"),
        Case("echo Traceback >&2; exit 250", .transient, "ansibleCrashed", "it ended with 250: Traceback"),
        Case("exit 99", .transient, "ansibleCrashed", "it ended with 99: it said nothing"),
        Case("exit 0", .transient, "ansibleCrashed", "it ended without a recap: it said nothing"),
        Case("kill -KILL $$", .transient, "ansibleCrashed", "it ended with 137: "),
        Case("\(AnsibleBench.recap()); exit 3", .ambiguous, "ansibleError", "it ended with 3: it said nothing"),
        Case(
            #"echo '{"event":"recap","hosts":{},"data":{}}'"#, .transient, "ansibleInventory",
            "the inventory does not list it: it said nothing"),
        Case("exit 127", .permanent, "ansibleMissing", "it said nothing"),
    ]

    @Test(arguments: cases)
    func everyEndOfARunHasAnErrorClassAndCode(_ fact: Case) async throws {
        let bench = try AnsibleBench(script: fact.script)
        let failure = await failure { _ = try await bench.perform() }
        #expect(failure?.errorClass == fact.errorClass)
        #expect(failure?.code == fact.code)
        #expect(
            failure?.message.hasPrefix("cannot configure ada: \(fact.message)") == true, "\(failure?.message ?? "")")
        #expect(bench.leftovers.isEmpty)
    }

    @Test func aMissingPlaybookProgramIsAPermanentFailure() async throws {
        let scratch = try Scratch()
        let driver = AnsibleConfiguration(
            settings: AnsibleSettings(
                playbookPath: "\(scratch.path)/nothing", treePath: "/t", socketPath: "/s",
                workDirectory: "\(scratch.path)/runs"), time: SystemTime(), log: Scratch.log)
        let failure = await failure { _ = try await driver.run(AnsibleBench.run()) { _ in } }
        #expect(failure?.code == "ansibleMissing")
        #expect(failure?.errorClass == .permanent)
    }

    /// Starts a child in the process group and one that left it, as OpenSSH's shared connections do.
    private static let family = """
        echo $$ > "$OUT/ids"; sleep 1000 & echo $! >> "$OUT/ids"
        setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >> "$OUT/ids"
        echo '{"event":"task.start","task":"ready","index":1}'
        """

    private func ids(_ bench: AnsibleBench) throws -> [Int] {
        try bench.scratch.text("ids").split(separator: "\n").compactMap { Int($0) }
    }

    @Test func cancellationEndsAllProcessesBeforeItReturns() async throws {
        let bench = try AnsibleBench(script: Self.family + "\nwait")
        let run = Task { try await bench.perform(AnsibleBench.run(secrets: ["key_file": Secret("x")])) }
        await bench.ready.wait()
        let ids = try ids(bench)
        #expect(ids.count == 3)
        #expect(ids.allSatisfy(isAlive))
        #expect(bench.leftovers.contains { $0.hasSuffix("secrets/key_file") })
        run.cancel()
        let failure = await failure { _ = try await run.value }
        #expect(failure?.code == "cancelled")
        #expect(ids.filter(isAlive).isEmpty)
        #expect(bench.leftovers.isEmpty)
    }

    @Test func strayProcessesOfASuccessfulRunAreEnded() async throws {
        let bench = try AnsibleBench(script: Self.family + "\n" + AnsibleBench.recap())
        _ = try await bench.perform()
        #expect(try ids(bench).filter(isAlive).isEmpty)
        #expect(bench.leftovers.isEmpty)
    }

    @Test func theTimeLimitEndsARunAndNamesTheTask() async throws {
        let time = VirtualTime()
        let bench = try AnsibleBench(script: Self.family + "\nwait", time: time)
        let run = Task { try await bench.perform(AnsibleBench.run(timeLimit: .seconds(1800))) }
        await bench.ready.wait()
        await time.waitForSleeps(1)
        // From here on the clock advances with the run, which waits until its processes are gone.
        let clock = Task {
            while !Task.isCancelled {
                time.advance(by: .seconds(1800))
                await Task.yield()
            }
        }
        let failure = await failure { _ = try await run.value }
        clock.cancel()
        #expect(failure?.errorClass == .transient)
        #expect(failure?.code == "ansibleTimeLimit")
        #expect(failure?.message == "cannot configure ada: the play was not done within 1800.0 seconds (at task ready)")
        #expect(try ids(bench).filter(isAlive).isEmpty)
        #expect(bench.leftovers.isEmpty)
    }

    @Test func aRunThatReportsNothingForTooLongIsEnded() async throws {
        let bench = try AnsibleBench(script: Self.family + "\nwait", silenceLimit: .milliseconds(300))
        let failure = await failure { _ = try await bench.perform() }
        #expect(failure?.errorClass == .transient)
        #expect(failure?.code == "ansibleSilent")
        #expect(try ids(bench).filter(isAlive).isEmpty)
    }

    @Test func aRunThatWritesTooMuchIsEnded() async throws {
        let bench = try AnsibleBench(script: "while :; do echo 0123456789012345678901234567890123456789; done")
        let failure = await failure { _ = try await bench.perform() }
        #expect(failure?.errorClass == .ambiguous)
        #expect(failure?.code == "ansibleOutput")
        #expect(bench.leftovers.isEmpty)
    }

    @Test func anErrorOfTheEventHandlerEndsTheRunAndIsThrown() async throws {
        struct Fenced: Error {}
        let bench = try AnsibleBench(script: Self.family + "\nwait")
        await #expect(throws: Fenced.self) {
            _ = try await bench.driver.run(AnsibleBench.run()) { _ in throw Fenced() }
        }
        #expect(try ids(bench).filter(isAlive).isEmpty)
        #expect(bench.leftovers.isEmpty)
    }

    @Test func aRunCancelledBeforeItsStartDoesNotComplete() async throws {
        let bench = try AnsibleBench(script: "sleep 1000; touch \"$OUT/done\"")
        let run = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await bench.perform()
        }
        #expect(await failure { _ = try await run.value }?.code == "cancelled")
        #expect(!bench.scratch.exists("\(bench.scratch.path)/done"))
        #expect(bench.leftovers.isEmpty)
    }

    @Test func concurrentRunsDoNotShareSecrets() async throws {
        let bench = try AnsibleBench(
            script: "cat secrets/key_file; echo; [ $(ls secrets | wc -l) = 1 ] || exit 1\n" + AnsibleBench.recap())
        try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<10 {
                group.addTask {
                    try await bench.driver.run(AnsibleBench.run(secrets: ["key_file": Secret("\(index)")])) { _ in }.ok
                }
            }
            for try await ok in group { #expect(ok == 3) }
        }
        #expect(bench.leftovers.isEmpty)
    }
}
