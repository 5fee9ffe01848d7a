import ArgumentParser
import AuraAPI
import AuraModel
import JSONRPC

/// `aura tenant`
struct TenantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Create, list and change tenants.",
        subcommands: [TenantCreateCommand.self, TenantListCommand.self, TenantSetCommand.self])
}

/// `aura tenant list`
struct TenantListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List tenants and their limits.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let now = invocation.time.now()
            try await invocation.show(Methods.tenantList, NoParams(), purpose: "list tenants") { result in
                TenantView.table(result.tenants, now: now).lines
            }
        }
    }
}

/// The limits of a tenant on the command line. A limit that is not given is that of the installation.
struct TenantQuotaOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The maximum number of instances that are not destroyed.", valueName: "number"))
    var liveInstances: Int64?

    @Option(help: ArgumentHelp("The maximum number of jobs that have not ended.", valueName: "number"))
    var jobsInFlight: Int64?

    @Option(help: ArgumentHelp("The maximum number of calls in 60 seconds.", valueName: "number"))
    var callsPerMinute: Int64?

    @Option(help: ArgumentHelp("The maximum number of calls that change something in 60 seconds.", valueName: "number"))
    var mutationsPerMinute: Int64?

    @Option(help: ArgumentHelp("The maximum number of valid tokens.", valueName: "number"))
    var tokens: Int64?

    @Option(help: ArgumentHelp("The maximum number of secrets.", valueName: "number"))
    var secrets: Int64?

    /// The limits; `nil` if none is given.
    var quota: TenantQuotaView? {
        let quota = TenantQuotaView(
            liveInstances: liveInstances, jobsInFlight: jobsInFlight, callsPerMinute: callsPerMinute,
            mutationsPerMinute: mutationsPerMinute, tokens: tokens, secrets: secrets)
        return quota == TenantQuotaView() ? nil : quota
    }
}

extension TenantView {
    /// Returns the table of `aura tenant list`. A limit of the installation is not shown.
    static func table(_ tenants: [TenantView], now: Timestamp) -> Table {
        var table = Table([
            "TENANT", "STATE", "INSTANCES", "JOBS", "CALLS/MIN", "CHANGES/MIN", "TOKENS", "SECRETS", "AGE",
        ])
        table.rows = tenants.map { tenant in
            let quota = tenant.quota
            let limits = [
                quota.liveInstances, quota.jobsInFlight, quota.callsPerMinute, quota.mutationsPerMinute, quota.tokens,
                quota.secrets,
            ]
            return [tenant.id.text, tenant.enabled ? "enabled" : "disabled"] + limits.map { $0.map { "\($0)" } ?? "" }
                + [TimeText.age(now - tenant.createdAt)]
        }
        return table
    }

    /// The card of a tenant.
    var card: [Line] {
        var card = Card()
        card.add("instances", quota.liveInstances.map { "\($0) at most" })
        card.add("jobs in flight", quota.jobsInFlight.map { "\($0) at most" })
        card.add("calls", quota.callsPerMinute.map { "\($0) in 60 s at most" })
        card.add("changes", quota.mutationsPerMinute.map { "\($0) in 60 s at most" })
        card.add("tokens", quota.tokens.map { "\($0) at most" })
        card.add("secrets", quota.secrets.map { "\($0) at most" })
        return [Line(id.text, .bold).appending(enabled ? "  enabled" : "  disabled")] + card.lines()
    }
}
