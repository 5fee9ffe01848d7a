import ArgumentParser
import AuraAPI
import AuraClient
import AuraModel
import JSONRPC

/// `aura ping`
struct Ping: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Check that the daemon replies.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let daemon = try await invocation.connect()
            let clock = ContinuousClock()
            let start = clock.now
            let reply = try await daemon.call(Methods.systemPing, NoParams(), purpose: "ping")
            let took = start.duration(to: clock.now)
            if invocation.output.json { return invocation.output.document(reply.json) }
            invocation.output.line(Line("\(invocation.place) answers in \(Self.text(took))"))
        }
    }

    private static func text(_ duration: Duration) -> String {
        let microseconds = duration / .microseconds(1)
        return "\((microseconds / 100).rounded() / 10) ms"
    }
}
