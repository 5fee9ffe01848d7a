import ArgumentParser
import AuraAPI
import AuraModel

/// `aura principal set`
struct PrincipalSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change the rights of a principal, or disable or enable it.",
        discussion: """
            Given scopes and tenants replace the present ones. Without an option nothing changes for that part. All \
            daemons use the new rights within a second.
            """)

    @Argument(help: ArgumentHelp("The principal's name or id.", valueName: "principal"))
    var principal: String

    @OptionGroup var rights: PrincipalRightsOptions

    @Flag(help: "Let the rights hold in all tenants.")
    var allTenants = false

    @Flag(help: "Allow the principal, and all its tokens, again.")
    var enable = false

    @Flag(help: "Refuse the principal and all its tokens.")
    var disable = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard !(enable && disable) else {
            throw ValidationError("cannot use --enable and --disable at once: give one of them")
        }
        guard !allTenants || rights.tenants.isEmpty else {
            throw ValidationError("cannot use --tenant and --all-tenants at once: give one of them")
        }
        let isChange =
            rights.role != nil || !rights.scopes.isEmpty || !rights.tenants.isEmpty || allTenants || enable || disable
        guard isChange else {
            throw ValidationError(
                "cannot tell what to change: give --role, --scope, --tenant, --all-tenants, --enable or --disable")
        }
    }

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = PrincipalSetParameters(
                principal: principal, role: rights.givenRole, scopes: rights.givenScopes, tenants: rights.givenTenants,
                allTenants: allTenants ? true : nil, enabled: enable ? true : disable ? false : nil)
            try await invocation.show(Methods.principalSet, parameters, purpose: "change \(principal)") { result in
                result.principal.card
            }
        }
    }
}
