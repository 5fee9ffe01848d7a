import ArgumentParser

/// `aura destroy`
struct Destroy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove an instance and everything that belongs to it.",
        discussion: "It takes over from whatever runs on the instance.")

    @OptionGroup var target: InstanceArgument
    @OptionGroup var operation: OperationOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await Operation(call: .operate("destroy", target.instance, operation), options: operation).run(
                invocation)
        }
    }
}
