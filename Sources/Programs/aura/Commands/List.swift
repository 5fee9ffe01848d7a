import ArgumentParser
import AuraAPI
import AuraClient
import AuraModel

/// `aura list`
struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List instances.",
        discussion: "With --json it prints one document for each page of 500.")

    /// The number of instances per call.
    static let page = 500

    @Option(help: ArgumentHelp("Only instances of this tenant.", valueName: "tenant"))
    var tenant: TenantID?

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
            instances.show("instance", on: invocation.output) { rows in
                InstanceView.table(rows, now: invocation.time.now()).lines
            }
        }
    }

    /// Returns all pages. With `--json` it prints each page when it arrives.
    private func pages(_ invocation: Invocation) async throws -> Listing<InstanceView, Instance> {
        let daemon = try await invocation.connect()
        var found = Listing<InstanceView, Instance>()
        var after: InstanceID?
        repeat {
            let reply = try await daemon.call(
                Methods.statusList, parameters(after: after, limit: min(limit - found.rows.count, Self.page)),
                purpose: "list instances")
            if invocation.output.json { invocation.output.document(reply.json) }
            let page = try reply.value()
            found.add(page.instances, unreadable: page.unreadable)
            after = page.next
        } while after != nil && found.rows.count < limit
        return found
    }

    private func parameters(after: InstanceID?, limit: Int) -> StatusListParameters {
        StatusListParameters(
            tenant: tenant, phases: phases.isEmpty ? nil : phases.map { Open(rawValue: $0) },
            includeDestroyed: all ? true : nil, after: after, limit: limit)
    }
}
