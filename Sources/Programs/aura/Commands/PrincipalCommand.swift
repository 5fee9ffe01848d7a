import ArgumentParser
import AuraAPI
import AuraModel
import JSONRPC

/// `aura principal`
struct PrincipalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "principal", abstract: "Create, list and change principals: persons and programs with rights.",
        subcommands: [PrincipalCreateCommand.self, PrincipalListCommand.self, PrincipalSetCommand.self])
}

/// `aura principal list`
struct PrincipalListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List principals.",
        discussion: "Users of the local socket are not listed: the setting access.unix gives them rights.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await invocation.show(Methods.principalList, NoParams(), purpose: "list principals") { result in
                guard !result.principals.isEmpty else {
                    invocation.output.note("there are no principals")
                    return []
                }
                return PrincipalView.table(result.principals).lines
            }
        }
    }
}

/// The rights of a principal on the command line.
struct PrincipalRightsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A role, whose scopes the principal gets.", valueName: "role"),
        completion: .list(Role.allCases.map(\.rawValue)))
    var role: String?

    @Option(
        name: .customLong("scope"),
        help: ArgumentHelp("A scope; may be given several times, also beside a role.", valueName: "scope"))
    var scopes: [String] = []

    @Option(
        name: .customLong("tenant"),
        help: ArgumentHelp("A tenant in which the rights hold; may be given several times.", valueName: "tenant"))
    var tenants: [TenantID] = []

    var givenRole: Open<Role>? { role.map { Open(rawValue: $0) } }
    var givenScopes: [String]? { scopes.isEmpty ? nil : scopes }
    var givenTenants: [TenantID]? { tenants.isEmpty ? nil : tenants }
}

extension PrincipalView {
    /// Returns the table of `aura principal list`.
    static func table(_ principals: [PrincipalView]) -> Table {
        var table = Table(["NAME", "ID", "KIND", "STATE", "TENANTS", "SCOPES"])
        table.rows = principals.map { principal in
            [
                principal.name, principal.id.text, principal.kind.rawValue,
                principal.enabled ? "enabled" : "disabled",
                principal.tenants?.map(\.text).joined(separator: ",") ?? "all",
                principal.scopes.joined(separator: ","),
            ]
        }
        return table
    }

    /// The card of a principal.
    var card: [Line] {
        var card = Card()
        card.add("id", id.text)
        card.add("kind", kind.rawValue)
        card.add("scopes", scopes.joined(separator: ", "))
        card.add("tenants", tenants?.map(\.text).joined(separator: ", ") ?? "all")
        return [Line(name, .bold).appending(enabled ? "  enabled" : "  disabled")] + card.lines()
    }
}
