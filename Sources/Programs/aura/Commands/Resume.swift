import ArgumentParser
import AuraAPI

/// `aura resume`
struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a suspended instance again.")

    @OptionGroup var target: InstanceArgument
    @OptionGroup var operation: OperationOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await Operation(Methods.resume, on: target.instance, operation).run(invocation)
        }
    }
}
