import ArgumentParser
import AuraAPI
import AuraModel

/// `aura tenant create`
struct TenantCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a tenant.",
        discussion: "A limit that is not given is that of the installation.")

    @Argument(help: ArgumentHelp("The tenant's name.", valueName: "tenant"))
    var tenant: TenantID

    @OptionGroup var limits: TenantQuotaOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = TenantCreateParameters(tenant: tenant, quota: limits.quota)
            try await invocation.show(Methods.tenantCreate, parameters, purpose: "create tenant \(tenant)") { result in
                result.tenant.card
            }
        }
    }
}
