#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Reads files with secrets, which no other user may read.
package enum PrivateFile {
    /// The users to whom a file may belong.
    package enum Owner: Sendable {
        /// The user of this process.
        case user
        /// The user of this process; any user if this process runs as root.
        case userOrAnyForRoot
    }

    /// Returns the text of a file. `what` names its purpose in errors: `token file`.
    ///
    /// Throws ``ClientError`` with the code `invalidToken` and a remedy if the file cannot be read, is not a regular
    /// file, belongs to another user, is readable or writable for others, or is longer than `limitBytes`.
    package static func text(
        of path: String, _ what: String, owner: Owner = .user, limitBytes: Int
    ) throws(ClientError) -> String {
        // Without O_NONBLOCK, opening a named pipe would wait for its writer.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw refusal(path, what, "\(reason()): check its path") }
        defer { close(file) }
        try check(file, path, what, owner)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw refusal(path, what, "\(reason()): check its path")
            }
            bytes += chunk[..<count]
            guard bytes.count <= limitBytes else {
                throw refusal(path, what, "it is longer than \(limitBytes) bytes: name another one")
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func check(_ file: CInt, _ path: String, _ what: String, _ owner: Owner) throws(ClientError) {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw refusal(path, what, "\(reason()): check its path") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw refusal(path, what, "it is not a regular file: name another one")
        }
        let user = geteuid()
        let isOwned =
            switch owner {
            case .user: status.st_uid == user
            case .userOrAnyForRoot: status.st_uid == user || user == 0
            }
        guard isOwned else {
            throw refusal(path, what, "it belongs to another user: make a copy of your own, with the mode 0600")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw refusal(path, what, "other users may use it: run chmod 600 \(path.shellQuoted)")
        }
    }

    private static func refusal(_ path: String, _ what: String, _ reason: String) -> ClientError {
        ClientError(.invalidToken, "cannot use the \(what) \(path), \(reason)")
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
