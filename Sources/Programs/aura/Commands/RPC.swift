import ArgumentParser
import AuraClient
import JSON

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `aura rpc`
struct RPC: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rpc", abstract: "Call any method and print its result as one compact JSON document.",
        discussion: """
            For a subscription it also prints the parameters of each notification, one per line, until the \
            subscription ends or ^C.
            """)

    @Argument(help: ArgumentHelp("The method, such as status.list.", valueName: "method"))
    var method: String

    @Argument(
        help: ArgumentHelp(
            "Its parameters, a JSON object or array; - reads them from standard input.", valueName: "json"))
    var parameters: String?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if parameters != "-" { _ = try params() }
    }

    func run() async throws {
        let params = try params()
        try await Invocation.run(global) { invocation in
            let daemon = invocation.daemon
            let connection = try await daemon.connect()
            let result = try await daemon.call(method, params)
            invocation.output.document(result)
            if method.hasSuffix(".subscribe"), let id = result["subscription"]?.stringValue {
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    defer { tasks.cancelAll() }
                    tasks.addTask { try await stream(id, of: connection, invocation.output) }
                    tasks.addTask { try await invocation.output.endWithReader(invocation.time) }
                    try await tasks.next()
                }
            }
        }
    }

    private func params() throws -> JSONValue? {
        guard let parameters else { return nil }
        do {
            let bytes = parameters == "-" ? try StandardInput.bytes() : Array(parameters.utf8)
            let value = try bytes.withUnsafeBytes { try JSONValue(parsing: $0) }
            guard value.arrayValue != nil || value.objectValue != nil else {
                throw ValidationError("cannot send the parameters, they are neither a JSON object nor an array")
            }
            return value
        } catch let error as JSONParseError {
            throw ValidationError("cannot send the parameters, \(error)")
        }
    }

    private func stream(_ subscription: String, of connection: Connection, _ output: Output) async throws {
        for await notification in connection.notifications
        where notification.params["subscription"]?.stringValue == subscription {
            output.document(notification.params)
            if notification.params["result"]?["type"] == "subscription.ended" { return }
        }
        throw Complaint(
            .connectionLost, "cannot go on with \(method), the daemon ended the connection: subscribe again")
    }
}

/// The standard input of the program.
enum StandardInput {
    static let limitBytes = 64 << 20

    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Returns all bytes unchanged, so that invalid UTF-8 is rejected and not replaced. Throws `ValidationError` beyond
    /// ``limitBytes``.
    static func bytes() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { systemRead(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw ValidationError("cannot read standard input: \(String(cString: strerror(errno)))")
            }
            guard bytes.count + count <= limitBytes else {
                throw ValidationError("cannot send more than \(limitBytes) bytes of parameters: give fewer")
            }
            bytes += chunk[..<count]
        }
    }
}

private let systemRead = read(_:_:_:) as @Sendable (Int32, UnsafeMutableRawPointer?, Int) -> Int
