import ArgumentParser
import AuraAPI

/// `aura provision`
struct Provision: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create an agent on its own machine.",
        discussion: "aura info lists the regions and sizes that the daemon offers.")

    @Argument(help: "The name: 1 to 40 lower-case letters, digits and hyphens, starting with a letter.")
    var name: String

    @Option(help: ArgumentHelp("The region, such as eu-central.", valueName: "region"))
    var region: String

    @Option(help: ArgumentHelp("The size, such as small.", valueName: "size"))
    var size: String

    @OptionGroup var operation: OperationOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = ProvisionParameters(
                name: name, region: region, size: size, tenant: operation.tenant,
                idempotencyKey: operation.idempotencyKey, change: operation.change)
            try await Operation(
                method: Methods.provision, parameters: parameters, purpose: "provision \(name)", options: operation
            ).run(invocation)
        }
    }
}
