internal import NIOCore
internal import TLS

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The checks by which a client makes sure that it talks to its own daemon.
public struct ServerTrust: Sendable, Hashable {
    /// The file with the certificates of the only authority that an address with TLS is trusted by. Such an address
    /// needs it.
    public var authorityFile: String?
    /// The file with the client's certificate; `nil` if it has none.
    public var certificateFile: String?
    /// The file with the key of the client's certificate. Only its owner may have access.
    public var keyFile: String?
    /// The users of the system whose Unix socket is trusted; `nil` for every user.
    public var users: Set<UInt32>?

    /// Creates the checks. Throws ``ClientError`` with the code `invalidAddress` if there is a certificate without a
    /// key, or a key without a certificate.
    public init(
        authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil, users: Set<UInt32>? = nil
    ) throws(ClientError) {
        guard (certificateFile == nil) == (keyFile == nil) else {
            throw ClientError(
                .invalidAddress, "cannot use a certificate without its key, or a key alone: give both files")
        }
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.users = users
    }

    private init() {}

    /// No checks, which is enough for addresses without TLS.
    public static let none = ServerTrust()

    /// Reads `AURA_CA`, `AURA_CERT` and `AURA_KEY`, which name files, and `AURA_SERVER_USER`, the name or number of a
    /// user. With `AURA_SERVER_USER`, root and this process's own user are trusted too.
    ///
    /// `value` reads an environment variable. An empty one counts as unset. Throws ``ClientError`` with the code
    /// `invalidAddress`.
    public static func find(
        value: (String) throws(ClientError) -> String? = DaemonAddress.environmentValue
    ) throws(ClientError) -> ServerTrust {
        func text(_ name: String) throws(ClientError) -> String? {
            guard let text = try value(name), !text.isEmpty else { return nil }
            return text
        }
        return try ServerTrust(
            authorityFile: text("AURA_CA"), certificateFile: text("AURA_CERT"), keyFile: text("AURA_KEY"),
            users: text("AURA_SERVER_USER").map { user throws(ClientError) in
                [0, geteuid(), try Self.number(ofUser: user)]
            })
    }

    /// Returns the number of a user by its name, or a number unchanged.
    private static func number(ofUser user: String) throws(ClientError) -> UInt32 {
        if let number = UInt32(user) { return number }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwnam_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
            throw ClientError(
                .invalidAddress, "cannot use AURA_SERVER_USER = \(user): this system has no user of that name")
        }
        return entry.pw_uid
    }

    /// Opens the files for an address with TLS. Throws ``ClientError``.
    func openTLS(_ address: DaemonAddress, now: Int64) throws(ClientError) -> ClientTLS? {
        guard case .tls = address else { return nil }
        guard let authorityFile else {
            throw ClientError(
                .invalidAddress,
                "cannot use \(address) without an authority: name its certificate's file in --ca or AURA_CA")
        }
        do {
            return try ClientTLSFiles(authority: authorityFile, certificate: certificateFile, key: keyFile)
                .open(now: now)
        } catch {
            throw ClientError(.invalidAddress, error.message)
        }
    }

    /// Fails with ``ClientError`` if the Unix socket of `channel` belongs to a user that is not trusted.
    func checkUser(of channel: any Channel, _ address: DaemonAddress) -> EventLoopFuture<Void> {
        guard case .unix = address, let users else { return channel.eventLoop.makeSucceededVoidFuture() }
        #if os(Linux)
            guard let provider = channel as? any SocketOptionProvider else {
                return channel.eventLoop.makeFailedFuture(Self.untrusted(address, "is not known"))
            }
            let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
                level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
            return credentials.flatMapThrowing { owner in
                guard users.contains(owner.uid) else {
                    throw Self.untrusted(address, "has the number \(owner.uid)")
                }
            }
        #else
            return channel.eventLoop.makeFailedFuture(Self.untrusted(address, "is not known on this system"))
        #endif
    }

    private static func untrusted(_ address: DaemonAddress, _ why: String) -> ClientError {
        ClientError(
            .notTrusted,
            "cannot trust aurad at \(address), the user that serves this socket \(why): "
                + "if it is aurad's, name it in AURA_SERVER_USER")
    }

    /// `struct ucred` of unix(7): the process that called listen(2).
    private struct Credentials: Sendable {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
    }
}
