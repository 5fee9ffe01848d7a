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
    /// The options that select this address, for a command to repeat in a shell; `nil` if none were given.
    var options: String?
    /// The text that the error for an absent daemon appends to "start it with COMMAND".
    var advice: String

    struct Unusable: Error, Hashable {
        var message: String
    }

    /// `value` reads an environment variable; `exists` looks for a file.
    init(
        socket: String?, connect: String?,
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
        } catch {
            throw Unusable(message: error.message)
        }
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
