import ArgumentParser
import AuraAPI
import AuraClient
import AuraModel

/// `aura job list`
struct JobListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List jobs, the oldest first; by default only those that have not ended.",
        discussion: "With --json it prints one document for each page of 500.")

    /// The number of jobs per call.
    static let page = 500

    @OptionGroup var query: JobQueryOptions

    @Option(help: ArgumentHelp("The maximum number of jobs.", valueName: "number"))
    var limit: Int = 1000

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("cannot list \(limit) jobs: give --limit 1 or more") }
    }

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let daemon = try await invocation.connect()
            let jobs = try await pages(on: daemon, invocation.output)
            guard !invocation.output.json else { return }
            let names = try await names(of: jobs.rows, on: daemon)
            jobs.show("job", on: invocation.output) { rows in
                JobView.table(rows, names: names, now: invocation.time.now()).lines
            }
        }
    }

    /// Returns all pages. With `--json` it prints each page when it arrives.
    private func pages(on daemon: Daemon, _ output: Output) async throws -> Listing<JobView, Job> {
        var found = Listing<JobView, Job>()
        var after: JobID?
        repeat {
            let reply = try await daemon.call(
                Methods.jobList, parameters(after: after, limit: min(limit - found.rows.count, Self.page)),
                purpose: "list jobs")
            if output.json { output.document(reply.json) }
            let page = try reply.value()
            found.add(page.jobs, unreadable: page.unreadable)
            after = page.next
        } while after != nil && found.rows.count < limit
        return found
    }

    private func parameters(after: JobID?, limit: Int) -> JobListParameters {
        JobListParameters(
            instance: query.instance, tenant: query.tenant, change: query.change,
            states: query.states.isEmpty ? nil : query.states, after: after, limit: limit,
            order: query.newest ? .newest : nil)
    }

    /// Returns the names of the jobs' instances by id, without instances that the daemon refuses to show.
    private func names(of jobs: [JobView], on daemon: Daemon) async throws -> [InstanceID: String] {
        var names: [InstanceID: String] = [:]
        for id in Set(jobs.map(\.instance)) {
            do {
                names[id] = try await daemon.instance(id.text).value().instance.name
            } catch let complaint as Complaint where complaint.kind == .refused {}
        }
        return names
    }
}
