#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The address of a daemon's socket.
public enum DaemonAddress: Sendable, Hashable, CustomStringConvertible {
    /// The path of a Unix socket.
    case unix(path: String)
    /// A TCP host and port.
    case tcp(host: String, port: Int)
    /// A TCP host and port with TLS. The server's certificate must have this host.
    case tls(host: String, port: Int)

    /// The path, or host and port, with `tls://` before them if TLS is used.
    public var description: String {
        switch self {
        case .unix(let path): path
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .tls(let host, let port): host.contains(":") ? "tls://[\(host)]:\(port)" : "tls://\(host):\(port)"
        }
    }

    /// The command that starts a daemon at this address; its arguments are quoted for a shell.
    var startCommand: String {
        switch self {
        case .unix(let path): "aurad --socket \(path.shellQuoted)"
        case .tcp, .tls: "aurad --listen \(description.shellQuoted)"
        }
    }
}

// MARK: - Grammar

extension DaemonAddress {
    /// The longest socket path in bytes: SwiftNIO accepts 103, which fits `sun_path` on every system (unix(7)).
    public static let socketPathLimitBytes = 103

    /// Reads `unix:PATH`, `tcp:HOST:PORT` (an IPv6 address in brackets), `tls://HOST:PORT` or a plain path.
    ///
    /// Throws ``ClientError`` with the code `invalidAddress`.
    public init(parsing text: String) throws(ClientError) {
        if text.hasPrefix("tcp:") {
            self = try Self.tcp(String(text.dropFirst(4)), in: text)
        } else if text.hasPrefix(Self.encryptedPrefix) {
            self = try Self.encrypted(text)
        } else {
            try self.init(path: text.hasPrefix("unix:") ? String(text.dropFirst(5)) : text)
        }
    }

    /// Reads `HOST:PORT` or `tls://HOST:PORT`, with an IPv6 address in brackets. Throws ``ClientError`` with the code
    /// `invalidAddress`.
    public init(hostAndPort text: String) throws(ClientError) {
        self =
            text.hasPrefix(Self.encryptedPrefix)
            ? try Self.encrypted(text)
            : try Self.tcp(text.hasPrefix("tcp:") ? String(text.dropFirst(4)) : text, in: text)
    }

    private static let encryptedPrefix = "tls://"

    private static func encrypted(_ text: String) throws(ClientError) -> DaemonAddress {
        let (host, port) = try hostAndPort(String(text.dropFirst(encryptedPrefix.count)), in: text)
        return .tls(host: host, port: port)
    }

    private static func tcp(_ text: String, in whole: String) throws(ClientError) -> DaemonAddress {
        let (host, port) = try hostAndPort(text, in: whole)
        return .tcp(host: host, port: port)
    }

    private init(path: String) throws(ClientError) {
        guard !path.isEmpty, path.utf8.count <= Self.socketPathLimitBytes, !path.utf8.contains(0) else {
            throw ClientError(
                .invalidAddress,
                "cannot use the socket path \"\(path)\": give 1 to \(Self.socketPathLimitBytes) bytes")
        }
        self = .unix(path: path)
    }

    private static func hostAndPort(
        _ text: String, in whole: String
    ) throws(ClientError) -> (host: String, port: Int) {
        let invalid = ClientError(
            .invalidAddress,
            "cannot use \"\(whole)\" as a TCP address: give host:port, as in 127.0.0.1:7420 or [::1]:7420")
        guard let colon = text.lastIndex(of: ":") else { throw invalid }
        let digits = text[text.index(after: colon)...]
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = Int(digits), (1...65_535).contains(port)
        else { throw invalid }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw invalid
        }
        guard !host.isEmpty, !host.contains("/"), !host.utf8.contains(0) else { throw invalid }
        return (host, port)
    }
}

// MARK: - Search

extension DaemonAddress {
    /// The result of a search for a daemon without a given address.
    public struct Found: Sendable, Hashable {
        /// The address to use.
        public var address: DaemonAddress
        /// Advice that follows "start it with …" in the error for an absent daemon.
        public var advice: String
    }

    /// The socket of a daemon that runs as a system service.
    public static let systemSocket = "/run/aura/aurad.sock"

    /// Finds the daemon: `AURA_SOCKET`; else `$XDG_RUNTIME_DIR/aura/aurad.sock` if that exists; else ``systemSocket``.
    ///
    /// `value` reads an environment variable and `exists` looks for a file; both are parameters for tests. An empty
    /// variable counts as unset. Throws ``ClientError`` with the code `invalidAddress`.
    public static func find(
        value: (String) throws(ClientError) -> String? = environmentValue, exists: (String) -> Bool = fileExists
    ) throws(ClientError) -> Found {
        if let named = try value("AURA_SOCKET"), !named.isEmpty {
            do {
                return Found(address: try DaemonAddress(parsing: named), advice: ", or correct AURA_SOCKET")
            } catch {
                throw ClientError(error.code, "\(error.message), in AURA_SOCKET")
            }
        }
        var advice = ", or name its place in AURA_SOCKET"
        if let runtime = try value("XDG_RUNTIME_DIR"), !runtime.isEmpty {
            let path = "\(runtime)/aura/aurad.sock"
            if path.utf8.count <= socketPathLimitBytes, exists(path) {
                return Found(address: .unix(path: path), advice: advice)
            }
            advice += " (there is no \(path) either)"
        }
        return Found(address: .unix(path: systemSocket), advice: advice)
    }

    /// Returns an environment variable, or `nil` if it is unset. Throws ``ClientError`` if it is not UTF-8.
    public static func environmentValue(_ name: String) throws(ClientError) -> String? {
        guard let raw = getenv(name) else { return nil }
        guard let text = String(validatingCString: raw) else {
            throw ClientError(
                .invalidAddress, "cannot read the environment variable \(name), it is not UTF-8: set it anew")
        }
        return text
    }

    /// Returns true if a file with this path exists.
    public static func fileExists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }
}

// MARK: - Shells

extension String {
    /// The text as one word of a POSIX shell. It is unchanged if the shell gives no character a special meaning, else
    /// in single quotes.
    package var shellQuoted: String {
        let isPlain = unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", "/", ":", "@", "%", "+", "=", ",": true
            default: false
            }
        }
        guard !isPlain || isEmpty || hasPrefix("=") else { return self }
        return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
