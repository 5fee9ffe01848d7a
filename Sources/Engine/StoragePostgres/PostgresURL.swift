import CPostgres
import Glibc

/// A PostgreSQL URL, parsed by libpq and checked, with strict values for missing TLS options.
///
/// A password never leaves the process unencrypted, unless the server is on the same machine or weaker options are
/// allowed. For other servers `sslmode=verify-full` and `channel_binding=require` are added if the URL lacks them.
/// (libpq's own defaults are `prefer`: they send a password in the clear to a server that claims to have no TLS.)
public struct PostgresURL: Sendable {
    /// The reason why a URL is refused. The text contains no part of the URL, since libpq's messages may repeat the
    /// password.
    public struct Refusal: Error, Sendable, CustomStringConvertible {
        /// The reason, for people.
        public let description: String
    }

    private let options: [String: String]

    /// Parses a URL. Throws ``Refusal`` if it cannot be read, or if it is weaker than allowed.
    ///
    /// `allowsWeaker` is true if weaker values of `sslmode` and `channel_binding` are accepted for a server on another
    /// machine.
    public init(_ text: String, allowsWeaker: Bool = false) throws(Refusal) {
        try self.init(text, allowsWeaker: allowsWeaker) { name in getenv(name).map { String(cString: $0) } }
    }

    /// `environment` returns the value of an environment variable: libpq has variables for options that the URL omits.
    init(_ text: String, allowsWeaker: Bool, environment: (String) -> String?) throws(Refusal) {
        var options = try Self.parse(text)
        if !Self.isLocal(options, environment) {
            for (name, strict) in [("sslmode", "verify-full"), ("channel_binding", "require")] {
                guard let given = options[name] else {
                    options[name] = strict
                    continue
                }
                guard given == strict || allowsWeaker else {
                    throw Refusal(
                        description: "its server is on another machine, and \(name) is weaker than \(strict); "
                            + "leave \(name) out, or set postgres.insecure: true if the network between them is trusted"
                    )
                }
            }
        }
        self.options = options
    }

    /// True if the URL contains a password.
    public var hasPassword: Bool { options["password"] != nil || options["sslpassword"] != nil }

    /// The options as libpq's connection string. It contains the password.
    public var connectionString: String {
        options.sorted { $0.key < $1.key }.map { name, value in
            let escaped = value.flatMap { $0 == "'" || $0 == "\\" ? ["\\", $0] : [$0] }
            return "\(name)='\(String(escaped))'"
        }.joined(separator: " ")
    }

    /// The URL for people, `postgres://user@host:port/name`, without options that may be secret.
    public var description: String {
        let user = options["user"].map { "\($0)@" } ?? ""
        let host = options["host"] ?? options["hostaddr"] ?? ""
        let port = options["port"].map { ":\($0)" } ?? ""
        return "postgres://\(user)\(host)\(port)/\(options["dbname"] ?? "")"
    }

    /// Returns the options that the text contains.
    private static func parse(_ text: String) throws(Refusal) -> [String: String] {
        let unreadable = Refusal(
            description: "the URL cannot be read; write it as postgres://USER@HOST/DATABASE, "
                + "with signs such as @ : / ? # [ ] % in a password as %40 and so on")
        guard !text.utf8.contains(0) else { throw unreadable }
        var complaint: UnsafeMutablePointer<CChar>?
        let parsed = PQconninfoParse(text, &complaint)
        if let complaint { PQfreemem(complaint) }
        guard let parsed else { throw unreadable }
        defer { PQconninfoFree(parsed) }
        var options: [String: String] = [:]
        var next = parsed
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val, value.pointee != 0 {
                options[String(cString: keyword)] = String(cString: value)
            }
            next += 1
        }
        // An unencoded special character in a password moves parts of the password into these options, and so into
        // libpq's messages.
        let isWhole =
            options["port"]?.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ",") } ?? true
            && ["host", "hostaddr", "dbname", "user"].allSatisfy { name in
                options[name]?.contains { $0 == "@" && name != "user" || $0.isNewline } != true
            }
        guard isWhole else { throw unreadable }
        return options
    }

    /// Returns true if every server that the options may name is reached by a Unix socket or a loopback address.
    private static func isLocal(_ options: [String: String], _ environment: (String) -> String?) -> Bool {
        // A service file may name any host.
        guard options["service"] == nil, environment("PGSERVICE") == nil else { return false }
        if let addresses = options["hostaddr"] ?? environment("PGHOSTADDR") {
            return split(addresses).allSatisfy(isLocal(host:))
        }
        guard let hosts = options["host"] ?? environment("PGHOST") else { return true }
        return split(hosts).allSatisfy(isLocal(host:))
    }

    private static func split(_ list: String) -> [Substring] {
        list.split(separator: ",", omittingEmptySubsequences: false)
    }

    private static func isLocal(host: Substring) -> Bool {
        if host.isEmpty || host.hasPrefix("/") || host == "localhost" { return true }
        var (four, six) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, String(host), &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        guard inet_pton(AF_INET6, String(host), &six) == 1 else { return false }
        return withUnsafeBytes(of: &six) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
    }
}
