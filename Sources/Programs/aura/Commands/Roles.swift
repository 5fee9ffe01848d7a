import ArgumentParser
import AuraAPI
import JSONRPC

/// `aura roles`
struct Roles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the roles and the scopes that there are.",
        discussion: "A role is a list of scopes and nothing else.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await invocation.show(Methods.accessList, NoParams(), purpose: "list roles") { $0.lines }
        }
    }
}

extension AccessListResult {
    /// The lines of `aura roles`.
    var lines: [Line] {
        var table = Table(["ROLE", "SCOPES"])
        table.rows = roles.map { [$0.role.rawValue, $0.scopes.joined(separator: ", ")] }
        return table.lines + [Line(), Line("all scopes: \(scopes.joined(separator: ", "))")]
    }
}
