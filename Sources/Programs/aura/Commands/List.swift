import ArgumentParser
import AuraModel

/// `aura list`
struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List instances.",
        discussion: "With --json it prints one document for each page of 500.")

    /// The number of instances per call.
    static let page = 500

    @Option(help: ArgumentHelp("Only instances of this tenant.", valueName: "tenant"))
    var tenant: String?

    @Option(
        name: .customLong("phase"),
        help: ArgumentHelp("Only instances in this phase; may be given several times.", valueName: "phase"),
        completion: .list(Phase.allCases.map(\.rawValue)))
    var phases: [String] = []

    @Flag(help: "Include destroyed instances.")
    var all = false

    @Option(help: ArgumentHelp("The maximum number of instances.", valueName: "number"))
    var limit: Int = 100_000

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("cannot list \(limit) instances: give --limit 1 or more") }
    }

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let instances = try await pages(invocation)
            guard !invocation.output.json else { return }
            if instances.isEmpty { return invocation.output.note("there are no such instances") }
            invocation.output.lines(InstanceAnswer.table(instances, now: invocation.time.now()).lines)
        }
    }

    /// Returns all pages. With `--json` it prints each page when it arrives.
    private func pages(_ invocation: Invocation) async throws -> [InstanceAnswer] {
        let daemon = try await invocation.connect()
        var found: [InstanceAnswer] = []
        var after: String?
        repeat {
            let raw = try await daemon.call(
                .list(
                    tenant: tenant, phases: phases, includeDestroyed: all, after: after,
                    limit: min(limit - found.count, Self.page)))
            if invocation.output.json { invocation.output.document(raw) }
            let page = try Answer.read(InstanceList.self, from: raw)
            found += page.instances
            after = page.next
        } while after != nil && found.count < limit
        return found
    }
}
