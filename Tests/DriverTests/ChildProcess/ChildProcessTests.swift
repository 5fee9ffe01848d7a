import AuraModel
import ChildProcess
import HTTPDoubles
import Locking
import Testing

@testable import ChildProcess

/// Runs of real processes: their output and environment, and each way in which a run ends.
@Suite struct ChildProcessTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func child(_ script: String, timeLimit: Duration = .seconds(600), grace: Duration = .seconds(60))
        -> ChildProcess
    {
        ChildProcess(
            executable: "/bin/sh", arguments: ["-c", script], environment: ["PATH": "/usr/bin:/bin", "MARK": "a=b c"],
            workingDirectory: scratch.path, timeLimit: timeLimit, stopGrace: grace)
    }

    /// Collects the output, and raises `ready` when it contains a line "ready".
    private final class Lines: Sendable {
        let text = Locked("")
        let ready = Signal()

        @Sendable func take(_ bytes: [UInt8]) {
            let isReady = text.withLock { text in
                text += String(decoding: bytes, as: UTF8.self)
                return text.contains("ready\n")
            }
            if isReady { ready.raise() }
        }

        /// The numbers after "pid " in the output.
        var ids: [Int] {
            text.withLock { $0 }.split(separator: "\n").filter { $0.hasPrefix("pid ") }.compactMap {
                Int($0.dropFirst(4))
            }
        }
    }

    @Test func outputErrorTextAndExitCodeAreReturned() async throws {
        let lines = Lines()
        let end = try await child("echo out; echo err >&2; printf 'no end'; exit 7")
            .run(time: SystemTime()) { lines.take($0) }
        #expect(lines.text.withLock { $0 } == "out\nno end")
        #expect(end.errorTail.text == "err\n")
        #expect("\(end.ending)" == "exited(7)")
    }

    @Test func aChildInheritsNoEnvironmentAndNoDescriptors() async throws {
        let lines = Lines()
        _ = try await child("env; pwd; cat; ls /proc/$$/fd").run(time: SystemTime()) { lines.take($0) }
        let said = lines.text.withLock { $0 }.split(separator: "\n").map(String.init)
        #expect(said.contains("MARK=a=b c"))
        #expect(said.contains(scratch.path))
        let names = said.filter { $0.contains("=") }.map { $0.prefix { $0 != "=" } }
        #expect(Set(names).subtracting(["PATH", "MARK", "PWD", "OLDPWD", "SHLVL", "_"]).isEmpty)
        #expect(
            Set(said.filter { Int($0) != nil }).subtracting(["0", "1", "2"]).count <= 1,
            "only its own view of /proc is open")
    }

    @Test func largeOutputIsReadCompletely() async throws {
        let count = Locked(0)
        _ = try await child("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2").run(time: SystemTime()) {
            bytes in
            count.withLock { $0 += bytes.count }
        }
        #expect(count.withLock { $0 } == 3_000_000)
    }

    /// A daemon that fails its permit check, or is paused, gives no sign of life. Its child then ends without the
    /// daemon's help.
    @Test func aChildIsEndedIfTheDaemonGivesNoSignOfLife() async throws {
        let lines = Lines()
        let mayGoOn = Locked(true)
        var child = child("echo pid $$; echo ready; sleep 600", grace: .seconds(1))
        child.pulseTimeout = .seconds(1)
        child.permit = {
            guard mayGoOn.withLock({ $0 }) else { throw CancellationError() }
        }
        let run = child
        async let end = run.run(time: SystemTime()) { lines.take($0) }
        await lines.ready.wait()
        mayGoOn.withLock { $0 = false }
        #expect("\(try await end.ending)" == "exited(143)")
        #expect(lines.ids.filter(isAlive).isEmpty)
    }

    @Test func aChildContinuesWhileTheDaemonGivesSignsOfLife() async throws {
        let lines = Lines()
        // Longer than `pulseTimeout`, which leaves a margin for a machine that is busy with other tests.
        var child = child("echo ready; sleep 13; echo done")
        child.pulseTimeout = .seconds(10)
        let end = try await child.run(time: SystemTime()) { lines.take($0) }
        #expect("\(end.ending)" == "exited(0)")
        #expect(lines.text.withLock { $0 }.hasSuffix("done\n"))
    }

    @Test func aMissingProgramIsReportedAsMissing() async throws {
        var child = child("")
        child.executable = "\(scratch.path)/nothing"
        do {
            _ = try await child.run(time: SystemTime()) { _ in }
            Issue.record("it ran")
        } catch {
            #expect(error.code == .missing)
            #expect(error.message == "cannot run \(scratch.path)/nothing: no such file or directory")
        }
    }

    @Test func cancellationEndsTheProcessGroup() async throws {
        let lines = Lines()
        let child = child("echo pid $$; sleep 1000 & echo pid $!; sh -c 'sleep 1000' & echo pid $!; echo ready; wait")
        let run = Task { try await child.run(time: SystemTime()) { lines.take($0) } }
        await lines.ready.wait()
        let ids = lines.ids
        #expect(ids.count == 3)
        #expect(ids.allSatisfy(isAlive))
        run.cancel()
        let ending = try await run.value.ending
        #expect("\(ending)" == "cancelled")
        #expect(ids.filter(isAlive).isEmpty)
    }

    @Test func theTimeLimitEndsTheChild() async throws {
        let time = VirtualTime()
        let lines = Lines()
        let child = child("echo pid $$; echo ready; sleep 1000", timeLimit: .seconds(1800))
        async let end = child.run(time: time) { lines.take($0) }
        await lines.ready.wait()
        await time.waitForSleeps(1)
        time.advance(by: .seconds(1800))
        let ending = try await end.ending
        #expect("\(ending)" == "overTime")
        #expect(lines.ids.filter(isAlive).isEmpty)
    }

    @Test func anErrorOfTheOutputHandlerEndsTheRun() async throws {
        struct Refusal: Error {}
        let end = try await child("echo ready; sleep 1000").run(time: SystemTime()) { _ in throw Refusal() }
        #expect("\(end.ending)".hasPrefix("refused("))
    }

    /// The output handler hangs, as with a store that does not reply. Cancellation must not wait for it.
    @Test func aHangingOutputHandlerDoesNotDelayCancellation() async throws {
        let hanging = Signal()
        let child = child("echo ready; sleep 1000")
        let time = VirtualTime()
        let run = Task {
            try await child.run(time: SystemTime()) { _ in
                hanging.raise()
                try await time.sleep(for: .seconds(1))
            }
        }
        await hanging.wait()
        run.cancel()
        let ending = try await run.value.ending
        #expect("\(ending)" == "cancelled")
    }

    @Test func aChildThatIgnoresSIGTERMIsKilledAfterTheGracePeriod() async throws {
        let lines = Lines()
        let child = child(
            "trap '' TERM; echo pid $$; echo ready; while :; do sleep 1000; done", grace: .milliseconds(100))
        let run = Task { try await child.run(time: SystemTime()) { lines.take($0) } }
        await lines.ready.wait()
        run.cancel()
        let ending = try await run.value.ending
        #expect("\(ending)" == "cancelled")
        #expect(lines.ids.filter(isAlive).isEmpty)
    }

    @Test func aChildThatHandlesSIGTERMCanCleanUp() async throws {
        let lines = Lines()
        let child = child("trap 'touch tidied; exit 3' TERM; echo ready; while :; do sleep 0.01; done")
        let run = Task { try await child.run(time: SystemTime()) { lines.take($0) } }
        await lines.ready.wait()
        run.cancel()
        _ = try await run.value
        #expect(scratch.exists("\(scratch.path)/tidied"))
    }

    /// A process that left the group keeps the output open. The run ends anyway when the child ends.
    @Test func aStrayProcessDoesNotKeepTheRunOpen() async throws {
        let lines = Lines()
        let end = try await child("setsid sleep 1000 & echo pid $!; exit 0").run(time: SystemTime()) { lines.take($0) }
        #expect("\(end.ending)" == "exited(0)")
        #expect(lines.ids.count == 1)
        let isAllGone = await ProcessTable.end(belongingTo: scratch.path, time: SystemTime())
        #expect(isAllGone)
        #expect(lines.ids.filter(isAlive).isEmpty)
    }

    /// The supervisor's standard input ends when the daemon dies.
    ///
    ///     holder: has the pipe ──────── closes it
    ///     supervisor ── child ── ready ──┘  SIGTERM to all … SIGKILL to those that stay
    @Test func theProcessGroupEndsWithTheDaemon() async throws {
        let script = try scratch.program("supervise", Supervisor.script)
        let lines = Lines()
        let outer = child(
            """
            mkfifo pipe
            cat >member <<'END'
            trap '' TERM; echo pid $$ >ids; sleep 1000 & echo pid $! >>ids; echo ready >&2; wait
            END
            setsid sh '\(script)' 1 20 5 sh member <pipe 2>err &
            exec 9>pipe
            while ! grep -q ready err; do sleep 0.01; done
            exec 9>&-
            wait
            # SIGKILL was sent to all; the system may take a moment to carry it out.
            for id in $(sed 's/pid //' ids); do
                while grep -q '^State:.[^ZX]' /proc/$id/status 2>/dev/null; do sleep 0.01; done
            done
            cat ids
            """, timeLimit: .seconds(60))
        let end = try await outer.run(time: SystemTime()) { lines.take($0) }
        #expect("\(end.ending)" == "exited(0)")
        #expect(lines.ids.count == 2)
        #expect(lines.ids.filter(isAlive).isEmpty)
    }
}
