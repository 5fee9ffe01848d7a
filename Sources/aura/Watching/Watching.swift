import AuraAPI
import AuraModel

/// Sets a watch up for the place that it is shown at, runs it, and says how it ended.
struct Watching {
    let invocation: Invocation
    let watch: Watch
    /// What the watch is for: `provision ada`.
    let purpose: String

    private var output: Output { invocation.output }

    /// Runs to the watch's end. `instance` and `job` are what is known of them already.
    ///
    /// Throws a ``Complaint`` at ^C, where a job did not succeed, and where the daemon refuses or stays away.
    func run(on daemon: Daemon, instance: InstanceAnswer? = nil, job: JobAnswer? = nil) async throws {
        let lookups = Lookups { try await invocation.connect() }
        let view = try await view(on: daemon, lookups, instance, job)
        let run = WatchRun(
            follower: Follower(watch, view: view, invocation), view: view, output: output, time: invocation.time)
        var outcomes = try await run.run(on: daemon)
        if outcomes.isEmpty, case .job(let id) = watch.subject, let ended = await lookups.job(id) {
            outcomes.record(ended)
        }
        if let complaint = outcomes.complaint(purpose: purpose) { throw complaint }
        if output.isLive { await sayWhere(outcomes, lookups) }
    }

    private func view(
        on daemon: Daemon, _ lookups: Lookups, _ instance: InstanceAnswer?, _ job: JobAnswer?
    ) async throws -> any WatchView {
        if output.json { return DocumentView(output: output) }
        switch watch.subject {
        case .all: return LineView(output: output, time: invocation.time, lookups: lookups)
        case .job, .instance:
            guard output.isLive else { return LineView(output: output, time: invocation.time, lookups: nil) }
            return try await liveView(on: daemon, lookups, instance, job)
        }
    }

    /// The progress display, with what is known before the first event.
    private func liveView(
        on daemon: Daemon, _ lookups: Lookups, _ instance: InstanceAnswer?, _ job: JobAnswer?
    ) async throws -> LiveView {
        var known = instance
        var jobs: [JobAnswer] = []
        switch watch.subject {
        case .job(let id):
            jobs = [try await daemon.call(.job(id), as: JobEnvelope.self).job]
            if known == nil {
                known = try? await daemon.call(.status(jobs[0].instance), as: InstanceAndJob.self).instance
            }
        case .instance(let name, let tenant):
            let found = try await daemon.call(.status(name, tenant: tenant), as: InstanceAndJob.self)
            known = found.instance
            if watch.start == .now, let job = found.job {
                jobs = [try await daemon.call(.job(job.id), as: JobEnvelope.self).job]
            }
        case .all: break
        }
        let name = known?.name ?? "an instance"
        let states = jobs.map { job in
            ProgressState(job: job, title: "\(job.kind) \(name)", isReplayed: watch.start == .start)
        }
        return LiveView(
            jobs: states, instanceName: name, idleText: watch.end == nil ? "waiting for what becomes of \(name)" : nil,
            output: output, time: invocation.time, lookups: lookups)
    }

    /// After success, what one needs next: where the instance is reached.
    private func sayWhere(_ outcomes: Outcomes, _ lookups: Lookups) async {
        guard let id = outcomes.onlyInstance, let instance = await lookups.instance(id) else { return }
        let places = instance.whereabouts.map { ": \($0)" } ?? ""
        output.line(Line(instance.name, .bold).appending(" is \(instance.phase)\(places)"))
    }
}
