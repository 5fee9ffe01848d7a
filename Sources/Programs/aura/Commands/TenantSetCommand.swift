import ArgumentParser
import AuraAPI
import AuraModel

/// `aura tenant set`
struct TenantSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change the limits of a tenant, or disable or enable it.",
        discussion: """
            If a limit is given, all limits are replaced: those that are not given become those of the installation. \
            The tokens of a disabled tenant are refused within a second; its instances continue to run.
            """)

    @Argument(help: ArgumentHelp("The tenant's name.", valueName: "tenant"))
    var tenant: TenantID

    @OptionGroup var limits: TenantQuotaOptions

    @Flag(help: "Replace all limits by those of the installation.")
    var noLimits = false

    @Flag(help: "Allow the tenant's tokens again.")
    var enable = false

    @Flag(help: "Refuse the tenant's tokens.")
    var disable = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard !(enable && disable) else {
            throw ValidationError("cannot use --enable and --disable at once: give one of them")
        }
        guard !noLimits || limits.quota == nil else {
            throw ValidationError("cannot use --no-limits with a limit: give one of them")
        }
        guard limits.quota != nil || noLimits || enable || disable else {
            throw ValidationError("cannot tell what to change: give a limit, --no-limits, --enable or --disable")
        }
    }

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = TenantSetParameters(
                tenant: tenant, quota: noLimits ? TenantQuotaView() : limits.quota,
                enabled: enable ? true : disable ? false : nil)
            try await invocation.show(Methods.tenantSet, parameters, purpose: "change tenant \(tenant)") { result in
                result.tenant.card
            }
        }
    }
}
