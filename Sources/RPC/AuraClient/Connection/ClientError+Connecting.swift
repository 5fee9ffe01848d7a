internal import NIOCore
internal import NIOPosix
internal import TLS

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension ClientError {
    /// Converts a failed attempt to connect into an error with a remedy. `advice` is the text after the start command.
    init(connecting address: DaemonAddress, advice: String, _ error: any Error) {
        let start = "is it running? start it with \(address.startCommand)\(advice)"
        let attempt = "cannot reach aurad at \(address): "
        switch error {
        case let error as ClientError:
            self = error
            return
        case let error as ClientTLS.Failure where error.isDistrust:
            self.init(
                .notTrusted,
                "cannot trust aurad at \(address), its certificate is of another authority, for another name or expired: "
                    + "check the file of --ca or AURA_CA, and the host")
            return
        case let error as ClientTLS.Failure:
            self.init(.unreachable, attempt + "\(error), check that it serves TLS there")
            return
        default: break
        }
        switch ClientError.systemError(error) {
        case ENOENT?: self.init(.unreachable, attempt + "there is no socket, \(start)")
        case ECONNREFUSED?: self.init(.unreachable, attempt + "nobody listens there, \(start)")
        case EAGAIN?:
            // The connect call of a Unix socket fails with EAGAIN while the listener's backlog is full (connect(2)).
            self.init(
                .queueFull, attempt + "it is running, but its queue of new connections is full, try again in a moment")
        case EACCES?, EPERM?:
            self.init(.notPermitted, attempt + "permission denied, use the account that aurad runs under")
        default: self.init(.unreachable, attempt + "\(error), \(start)")
        }
    }

    private static func systemError(_ error: any Error) -> CInt? {
        switch error {
        case let error as IOError: error.errnoCode
        case let error as NIOConnectionError: error.connectionErrors.lazy.compactMap { systemError($0.error) }.first
        default: nil
        }
    }
}
