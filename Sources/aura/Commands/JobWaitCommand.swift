import ArgumentParser
import AuraModel
import JSON

/// `aura job wait`
struct JobWaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until a job has ended; exit 1 where it failed or was cancelled.")

    @Argument(help: ArgumentHelp("The job's id.", valueName: "id"))
    var job: String

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("How long at most; an hour where nothing is given.", valueName: "seconds"))
    var limit: Double = 3600

    @OptionGroup var global: GlobalOptions

    /// One call waits no longer than this, so that a daemon that went away is noticed.
    private static let longestCall = 20.0

    func validate() throws {
        guard (0...86_400).contains(limit) else {
            throw ValidationError("cannot wait \(limit) seconds: give --for 0 to 86400")
        }
    }

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let daemon = try await invocation.connect()
            let ended = try await wait(on: daemon, invocation)
            guard ended.state != JobState.succeeded.rawValue else { return }
            throw Complaint(
                .jobEnded, "job \(job) \(ended.state): \(ended.failure?.message ?? "no cause given")",
                data: ["job": .string(job), "state": .string(ended.state)])
        }
    }

    private func wait(on daemon: Daemon, _ invocation: Invocation) async throws -> JobAnswer {
        let start = invocation.time.uptime()
        while true {
            let left = Duration.seconds(limit) - (invocation.time.uptime() - start)
            let turn = max(min(left, .seconds(min(Self.longestCall, global.timeoutSeconds * 0.8))), .zero)
            do {
                let raw = try await daemon.call(.wait(job, milliseconds: turn.wholeMilliseconds))
                if invocation.output.json { invocation.output.document(raw) }
                let answer = try Answer.read(JobEnvelope.self, from: raw).job
                if !invocation.output.json { invocation.output.line(Line("job \(job) \(answer.state)")) }
                return answer
            } catch let complaint as Complaint where complaint.code == "waitTimeout" && left > turn {
                continue
            }
        }
    }
}
