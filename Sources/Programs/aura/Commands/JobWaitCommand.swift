import ArgumentParser
import AuraAPI
import AuraClient
import AuraModel
import JSON

/// `aura job wait`
struct JobWaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until a job has ended; exit 1 if it failed or was cancelled, 4 if the time is over.",
        discussion: "It reconnects to a daemon that went away, as aura watch does.")

    @Argument(help: ArgumentHelp("The job's id.", valueName: "id"))
    var job: JobID

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("The longest wait; one hour if not given.", valueName: "seconds"))
    var limit: Double = 3600

    @OptionGroup var reconnecting: ReconnectOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard (0...86_400).contains(limit) else {
            throw ValidationError("cannot wait \(limit) seconds: give --for 0 to 86400")
        }
    }

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let daemon = try await invocation.connect()
            let hasEnded = try await follow(on: daemon, invocation)
            let retrySeconds = hasEnded ? reconnecting.seconds : 0
            let reply = try await daemon.job(job, reconnectSeconds: retrySeconds)
            let found = try reply.value().job
            guard found.isEnded else { throw overdue(found, invocation) }
            if invocation.output.json { invocation.output.document(reply.json) }
            if !invocation.output.json { invocation.output.line(Line("job \(job) \(found.state)")) }
            guard found.state != .succeeded else { return }
            throw Complaint(
                .jobEnded, "job \(job) \(found.state): \(found.failure?.message ?? "no cause given")",
                data: ["job": .string(job.text), "state": .string(found.state.rawValue)])
        }
    }

    /// Follows the job across reconnects. Returns false if the time limit passes first.
    private func follow(on daemon: Daemon, _ invocation: Invocation) async throws -> Bool {
        let watch = Watch(
            subject: .job(job), start: .now, end: .terminal, reconnectSeconds: reconnecting.seconds)
        let view = QuietView(output: invocation.output, time: invocation.time)
        let events = await daemon.events(of: watch) { left in
            view.connectionLost(until: left.map { invocation.time.now() + $0 })
        }
        let follower = Follower(watch: watch, events: events, view: view, invocation: invocation)
        let run = WatchRun(follower: follower, view: view, output: invocation.output, time: invocation.time)
        return try await withThrowingTaskGroup(of: Bool.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask {
                _ = try await run.run()
                return true
            }
            tasks.addTask { [limit] in
                try await invocation.time.sleep(for: .seconds(limit))
                return false
            }
            return try await tasks.next() ?? false
        }
    }

    private func overdue(_ found: JobView, _ invocation: Invocation) -> Complaint {
        let command = invocation.command("job wait \(job.text.shellQuoted)")
        let seconds = limit == limit.rounded() ? "\(Int(limit))" : "\(limit)"
        return Complaint(
            .waitTimeout,
            "cannot wait any longer, job \(job) is \(found.state) after \(seconds) s: go on with \(command)",
            data: ["job": .string(job.text), "state": .string(found.state.rawValue)])
    }
}
