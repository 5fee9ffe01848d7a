import ArgumentParser
import AuraAPI

/// `aura suspend`
struct Suspend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shut down an instance's machine; its disk is kept.")

    @OptionGroup var target: InstanceArgument
    @OptionGroup var operation: OperationOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await Operation(Methods.suspend, on: target.instance, operation).run(invocation)
        }
    }
}
