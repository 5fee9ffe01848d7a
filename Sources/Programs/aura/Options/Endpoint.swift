import AuraClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The daemon's address. Options have priority over the environment, and the environment over the default paths.
struct Endpoint: Sendable, Hashable {
    var address: DaemonAddress
    /// The checks of the server: by its certificate, or by the user of its Unix socket.
    var trust: ServerTrust
    /// The options that select this address, for a command to repeat in a shell; `nil` if none were given.
    var options: String?
    /// The text that the error for an absent daemon appends to "start it with COMMAND".
    var advice: String

    struct Unusable: Error, Hashable {
        var message: String
    }

    /// The files of a client with TLS, as options name them.
    struct Files: Sendable, Hashable {
        var authority: String?
        var certificate: String?
        var key: String?

        /// The options, for a command to repeat in a shell; empty if none were given.
        var options: [String] {
            [("--ca", authority), ("--cert", certificate), ("--key", key)].compactMap { name, path in
                path.map { "\(name) \($0.shellQuoted)" }
            }
        }
    }

    /// `value` reads an environment variable; `exists` looks for a file.
    init(
        socket: String?, connect: String?, files: Files = Files(),
        value: (String) throws(ClientError) -> String? = DaemonAddress.environmentValue,
        exists: (String) -> Bool = DaemonAddress.fileExists
    ) throws(Unusable) {
        do throws(ClientError) {
            if let socket {
                address = try DaemonAddress(parsing: socket)
                options = "--socket \(socket.shellQuoted)"
                advice = ""
            } else if let connect {
                address = try DaemonAddress(hostAndPort: connect)
                options = "--connect \(connect.shellQuoted)"
                advice = ""
            } else {
                let former = try value("AURA_CONNECT") ?? ""
                guard former.isEmpty else {
                    throw ClientError(
                        .invalidAddress,
                        "cannot use AURA_CONNECT, which is no longer read: "
                            + "unset it, and set AURA_SOCKET to \("tcp:\(former)".shellQuoted)")
                }
                let found = try DaemonAddress.find(value: value, exists: exists)
                address = found.address
                advice = found.advice + ", or use --socket"
            }
            trust = try Self.trust(files, value)
            let words = [options].compactMap(\.self) + files.options
            options = words.isEmpty ? nil : words.joined(separator: " ")
        } catch {
            throw Unusable(message: error.message)
        }
    }

    /// Returns the checks of the server. A Unix socket must be served by root, by this process's own user, or by the
    /// user that `AURA_SERVER_USER` names.
    private static func trust(
        _ files: Files, _ value: (String) throws(ClientError) -> String?
    ) throws(ClientError) -> ServerTrust {
        let found = try ServerTrust.find(value: value)
        return try ServerTrust(
            authorityFile: files.authority ?? found.authorityFile,
            certificateFile: files.certificate ?? found.certificateFile, keyFile: files.key ?? found.keyFile,
            users: found.users ?? [0, geteuid()])
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
