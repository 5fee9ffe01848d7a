import ArgumentParser

/// `aura suspend`
struct Suspend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shut down an instance's machine; its disk is kept.")

    @OptionGroup var target: InstanceArgument
    @OptionGroup var operation: OperationOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await Operation(call: .operate("suspend", target.instance, operation), options: operation).run(
                invocation)
        }
    }
}
