import ArgumentParser
import AuraAPI
import AuraClient
import AuraModel

/// `aura show`
struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show an instance and its active job.",
        discussion: "With --json it prints the result of status.get; aura job show prints the job's steps.")

    @OptionGroup var target: InstanceArgument

    @Option(help: ArgumentHelp("The instance's tenant.", valueName: "tenant"))
    var tenant: TenantID?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let daemon = try await invocation.connect()
            let reply = try await daemon.instance(target.instance, tenant: tenant)
            if invocation.output.json { return invocation.output.document(reply.json) }
            let found = try reply.value()
            let now = invocation.time.now()
            var lines = found.instance.card(now: now)
            if let job = found.job {
                let whole = try await daemon.job(job.id).value().job
                lines += [Line()] + whole.card(now: now, style: invocation.output.style)
            }
            invocation.output.lines(lines)
        }
    }
}
