import AuraAPI
import AuraClient

/// Runs `provision`, `suspend`, `resume`, `restart` or `destroy`: one call, and a watch if it is requested.
struct Operation {
    let call: Call
    let options: OperationOptions

    func run(_ invocation: Invocation) async throws {
        let daemon = try await invocation.connect()
        let raw = try await daemon.call(call)
        if invocation.output.json { invocation.output.document(raw) }
        let answer = try Answer.read(InstanceAndJob.self, from: raw)
        guard let job = answer.job else {
            throw Complaint(.unreadableAnswer, "cannot \(call.purpose): the daemon's answer has no job")
        }
        guard options.watch else {
            if !invocation.output.json { invocation.output.line(line(answer.instance, job, invocation)) }
            return
        }
        if !invocation.output.isLive {
            invocation.output.note("job \(job.id) is \(job.state); ^C detaches, and it goes on")
        }
        let watch = Watch(
            subject: .job(job.id), start: .start, end: .terminal, reconnectSeconds: options.reconnecting.seconds)
        try await Watching(invocation: invocation, watch: watch, purpose: call.purpose)
            .run(on: daemon, instance: answer.instance, job: job)
    }

    private func line(_ instance: InstanceAnswer, _ job: JobAnswer, _ invocation: Invocation) -> Line {
        let command = invocation.command("watch --job \(job.id.shellQuoted)")
        return Line(instance.name, .bold).appending(": \(job.kind) is \(job.state), follow it with: \(command)")
    }
}
