import AuraAPI
import AuraClient
import AuraModel

/// Prepares a watch for its kind of output, runs it, and reports its outcome.
struct Watching {
    let invocation: Invocation
    let watch: Watch
    /// The purpose of the watch: `provision ada`.
    let purpose: String

    private var output: Output { invocation.output }

    /// Runs until the end of the watch. `instance` and `job` are data that the caller already has.
    ///
    /// Throws a ``Complaint`` at ^C or SIGTERM, if a job did not succeed, if the daemon refuses the watch, or if the
    /// retry budget is used up.
    func run(on daemon: Daemon, instance: InstanceView? = nil, job: JobView? = nil) async throws {
        let lookups = Lookups(invocation.daemon.client)
        let view = try await view(on: daemon, lookups, instance, job)
        let events = await daemon.events(of: watch) { left in
            view.connectionLost(until: left.map { invocation.time.now() + $0 })
        }
        let follower = Follower(watch: watch, events: events, view: view, invocation: invocation)
        let run = WatchRun(follower: follower, view: view, output: output, time: invocation.time)
        var outcomes = try await run.run()
        if outcomes.isEmpty, case .job(let id) = watch.subject, let ended = await lookups.job(id) {
            outcomes.record(ended)
        }
        if let complaint = outcomes.complaint(purpose: purpose) { throw complaint }
        if output.isLive { await sayWhere(outcomes, lookups) }
    }

    private func view(
        on daemon: Daemon, _ lookups: Lookups, _ instance: InstanceView?, _ job: JobView?
    ) async throws -> any WatchView {
        if output.json { return DocumentView(output: output) }
        switch watch.subject {
        case .all: return LineView(output: output, time: invocation.time, lookups: lookups)
        case .job, .instance:
            guard output.isLive else { return LineView(output: output, time: invocation.time, lookups: nil) }
            return try await liveView(on: daemon, lookups, instance, job)
        }
    }

    /// Returns the progress display with the state before the first event.
    private func liveView(
        on daemon: Daemon, _ lookups: Lookups, _ instance: InstanceView?, _ job: JobView?
    ) async throws -> LiveView {
        var known = instance
        var jobs: [JobView] = []
        switch watch.subject {
        case .job(let id):
            jobs = [try await whole(id, job, on: daemon)]
            if known == nil {
                known = try? await daemon.client.statusGet(instance: jobs[0].instance.text).instance
            }
        case .instance(let name, let tenant):
            let found = try await daemon.instance(name, tenant: tenant).value()
            known = found.instance
            if watch.start == .now, let job = found.job {
                jobs = [try await whole(job.id, job, on: daemon)]
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

    /// Returns the job with its steps, or the known job without steps if the call fails.
    private func whole(_ id: JobID, _ known: JobView?, on daemon: Daemon) async throws -> JobView {
        do {
            return try await daemon.job(id).value().job
        } catch let complaint as Complaint {
            guard let known else { throw complaint }
            return known
        }
    }

    /// Prints the phase, the address and the tailnet name of the instance after a success, if there is only one
    /// instance.
    private func sayWhere(_ outcomes: Outcomes, _ lookups: Lookups) async {
        guard let id = outcomes.onlyInstance, let instance = await lookups.instance(id) else { return }
        let places = instance.whereabouts.map { ": \($0)" } ?? ""
        output.line(Line(instance.name, .bold).appending(" is \(instance.phase)\(places)"))
    }
}
