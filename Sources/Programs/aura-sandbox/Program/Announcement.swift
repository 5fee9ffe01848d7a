import Glibc
import Locking
import ServiceLifecycle

/// Collects the ports of the listeners for one consumer that waits for all of them.
final class PortBoard: Sendable {
    private let stream: AsyncStream<(String, Int)>
    private let continuation: AsyncStream<(String, Int)>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(16)) }

    /// Records that a listener is bound.
    func post(_ name: String, _ port: Int) { continuation.yield((name, port)) }

    /// Waits until all listeners in `expected` are bound and returns their ports. Returns `nil` if the task is
    /// cancelled before that.
    func all(_ expected: Set<String>) async -> [String: Int]? {
        var ports: [String: Int] = [:]
        for await (name, port) in stream {
            ports[name] = port
            if expected.isSubset(of: ports.keys) { return ports }
        }
        return nil
    }
}

/// Writes the configuration and prints the "ready" line when all listeners are bound.
struct Announcement: Service {
    let ports: PortBoard
    /// The second listener: health or tailnet.
    let second: String
    let host: String
    let config: ConfigFile

    func run() async throws {
        guard let ports = await ports.all(["main", second]), let port = ports["main"] else { return }
        let endpoint = "http://\(host):\(port)"
        try config.write(endpoint: endpoint, healthPort: ports["health"], tailnetPort: ports["tailnet"])
        let line = Array("aura-sandbox ready \(endpoint)\n".utf8)
        guard line.withUnsafeBytes({ write(STDOUT_FILENO, $0.baseAddress, $0.count) }) == line.count else {
            throw SandboxError("cannot write to standard output")
        }
    }
}
