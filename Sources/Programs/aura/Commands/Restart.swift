import ArgumentParser
import AuraAPI

/// `aura restart`
struct Restart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Restart an instance's machine.")

    @OptionGroup var target: InstanceArgument
    @OptionGroup var operation: OperationOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await Operation(Methods.restart, on: target.instance, operation).run(invocation)
        }
    }
}
