import AuraClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where the daemon is: options go over the environment, and that over the usual place.
struct Endpoint: Sendable, Hashable {
    var address: DaemonAddress
    /// The options that led there, for a command to be repeated; nil where none were given.
    var options: String?

    struct Unusable: Error, Hashable {
        var message: String
    }

    /// `sun_path` of a Unix socket's address has 108 bytes, the last of them 0 (unix(7)).
    static let socketPathLimitBytes = 107

    init(socket: String?, connect: String?, environment: [String: String]) throws(Unusable) {
        if let socket {
            address = try Self.unix(socket)
            options = "--socket \(socket)"
        } else if let connect {
            address = try Self.tcp(connect)
            options = "--connect \(connect)"
        } else if let socket = Self.given("AURA_SOCKET", environment) {
            guard Self.given("AURA_CONNECT", environment) == nil else {
                throw Unusable(message: "cannot use AURA_SOCKET and AURA_CONNECT at once: unset one of them")
            }
            address = try Self.unix(socket)
        } else if let connect = Self.given("AURA_CONNECT", environment) {
            address = try Self.tcp(connect)
        } else if let runtime = Self.given("XDG_RUNTIME_DIR", environment) {
            address = try Self.unix("\(runtime)/aura/aurad.sock")
        } else {
            address = .unix(path: "/run/aura/aurad.sock")
        }
    }

    private static func given(_ name: String, _ environment: [String: String]) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func unix(_ path: String) throws(Unusable) -> DaemonAddress {
        guard !path.isEmpty, path.utf8.count <= socketPathLimitBytes else {
            throw Unusable(
                message: "cannot use the socket path \"\(path)\": give 1 to \(socketPathLimitBytes) bytes")
        }
        return .unix(path: path)
    }

    /// `host:port` or `[::1]:port`.
    private static func tcp(_ text: String) throws(Unusable) -> DaemonAddress {
        let unusable = Unusable(
            message: "cannot use \"\(text)\" as a TCP address: give host:port, as in 127.0.0.1:7420")
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { throw unusable }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw unusable
        }
        guard !host.isEmpty else { throw unusable }
        return .tcp(host: host, port: port)
    }
}

/// The process's environment.
enum Environment {
    static var present: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return variables
    }
}
