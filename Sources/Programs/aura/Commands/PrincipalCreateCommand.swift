import ArgumentParser
import AuraAPI
import AuraModel

/// `aura principal create`
struct PrincipalCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a principal; aura token create then makes tokens for it.",
        discussion: "aura roles lists the roles and scopes. Without --tenant the rights hold in all tenants.")

    @Argument(help: ArgumentHelp("The name, which no other principal has.", valueName: "name"))
    var name: String

    @Option(
        help: ArgumentHelp("The kind: person, or service if not given.", valueName: "kind"),
        completion: .list(PrincipalKind.allCases.map(\.rawValue)))
    var kind: String?

    @OptionGroup var rights: PrincipalRightsOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard rights.role != nil || !rights.scopes.isEmpty else {
            throw ValidationError("cannot create a principal without rights: give --role, --scope or both")
        }
    }

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = PrincipalCreateParameters(
                name: name, kind: kind.map { Open(rawValue: $0) }, role: rights.givenRole, scopes: rights.givenScopes,
                tenants: rights.givenTenants)
            try await invocation.show(Methods.principalCreate, parameters, purpose: "create \(name)") { result in
                result.principal.card
            }
        }
    }
}
