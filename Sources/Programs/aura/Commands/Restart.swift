import ArgumentParser

/// `aura restart`
struct Restart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Restart an instance's machine.")

    @OptionGroup var target: InstanceArgument
    @OptionGroup var operation: OperationOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await Operation(call: .operate("restart", target.instance, operation), options: operation).run(
                invocation)
        }
    }
}
