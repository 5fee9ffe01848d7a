import ArgumentParser
import CDescriptors
import FoundationEssentials
import Glibc

/// The command line of `aura-sandbox`.
@main
struct AuraSandbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aura-sandbox",
        abstract: "A local cloud with the Hetzner, Tailscale and Stripe APIs, and with faults on demand.",
        discussion: """
            Prints one line, "aura-sandbox ready http://ADDRESS:PORT", when it is ready. Logs go to standard error.
            On SIGTERM and SIGINT it removes everything that it created, and exits.
            """)

    static func main() async {
        aura_reserve_standard_descriptors()
        await main(nil)
    }

    /// The kind of servers.
    enum Hosts: String, ExpressibleByArgument {
        /// Simulated servers. Each has its own loopback address that serves health checks.
        case none
        /// Containers with systemd and sshd.
        case podman
    }

    @Option(help: "Loopback address and port of the APIs; port 0 selects a free one.")
    var listen = "127.0.0.1:0"

    @Option(help: "The kind of servers: none (records only) or podman (containers with systemd and sshd).")
    var hosts = Hosts.none

    @Option(help: "The file to write aurad's configuration to; token files are written to its directory.")
    var writeConfig: String

    @Option(help: "Factor for all durations; 0.1 makes the cloud ten times faster.")
    var timeScale = 1.0

    @Option(help: "The maximum number of requests per hour of the project.")
    var rateLimit = 3_600

    @Option(help: "The project's token; random if absent.")
    var token: String?

    @Option(
        help:
            "With --hosts none, the port of the agents' health checks; 0 selects a free one. Default: 18789, or another if that is in use."
    )
    var healthPort: Int?

    @Option(help: "With --hosts podman, the image of the machines; built by sandbox/hosts/build.sh if absent.")
    var hostImage: String?

    @Option(help: "With --hosts podman, the agent's archive; built by sandbox/agent/build.sh if absent.")
    var agentArchive: String?

    @Option(help: "With --hosts podman, the checkout that contains the build scripts.")
    var repo = "."

    @Option(help: "The seed for ids and for random faults; random if absent.")
    var seed: UInt64?

    func validate() throws {
        guard timeScale >= 0, timeScale <= 1_000 else { throw ValidationError("--time-scale must be 0 to 1000") }
        guard (1...1_000_000_000).contains(rateLimit) else {
            throw ValidationError("--rate-limit must be 1 to 1000000000")
        }
        guard (0...65_535).contains(healthPort ?? 0) else { throw ValidationError("--health-port must be 0 to 65535") }
        _ = try address()
    }

    /// Returns the address of the main listener. Only loopback addresses are allowed, because only local programs need
    /// the sandbox.
    func address() throws -> (host: String, port: Int) {
        guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]),
            (0...65_535).contains(port), listen.hasPrefix("127."), AddressPool.number(String(listen[..<colon])) != nil
        else { throw ValidationError("--listen must be an IPv4 loopback address and a port, as in 127.0.0.1:0") }
        return (String(listen[..<colon]), port)
    }

    func run() async throws {
        try await Sandbox(command: self).run()
    }
}
