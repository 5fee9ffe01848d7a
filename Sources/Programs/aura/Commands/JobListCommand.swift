import ArgumentParser
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
            if jobs.isEmpty { return invocation.output.note("there are no such jobs") }
            let names = try await names(of: jobs, on: daemon)
            invocation.output.lines(JobAnswer.table(jobs, names: names, now: invocation.time.now()).lines)
        }
    }

    /// Returns all pages. With `--json` it prints each page when it arrives.
    private func pages(on daemon: Daemon, _ output: Output) async throws -> [JobAnswer] {
        var found: [JobAnswer] = []
        var after: String?
        repeat {
            let raw = try await daemon.call(.jobs(query, after: after, limit: min(limit - found.count, Self.page)))
            if output.json { output.document(raw) }
            let page = try Answer.read(JobList.self, from: raw)
            found += page.jobs
            after = page.next
        } while after != nil && found.count < limit
        return found
    }

    /// Returns the names of the jobs' instances by id, without instances that the daemon refuses to show.
    private func names(of jobs: [JobAnswer], on daemon: Daemon) async throws -> [String: String] {
        var names: [String: String] = [:]
        for id in Set(jobs.map(\.instance)) {
            do {
                names[id] = try await daemon.call(.status(id), as: InstanceAndJob.self).instance.name
            } catch let complaint as Complaint where complaint.kind == .refused {}
        }
        return names
    }
}
