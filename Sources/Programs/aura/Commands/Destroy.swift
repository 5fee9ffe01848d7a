import ArgumentParser
import AuraAPI

/// `aura destroy`
struct Destroy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove an instance and all its resources.",
        discussion: "An active job of the instance is stopped.")

    @OptionGroup var target: InstanceArgument
    @OptionGroup var operation: OperationOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await Operation(Methods.destroy, on: target.instance, operation).run(invocation)
        }
    }
}
