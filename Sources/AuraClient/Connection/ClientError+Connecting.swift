internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension ClientError {
    /// Puts a failed attempt to connect into words that say what to do.
    init(connecting address: DaemonAddress, _ error: any Error) {
        let start = "is it running? start it with \(address.startCommand)"
        let attempt = "cannot reach aurad at \(address): "
        switch ClientError.systemError(error) {
        case ENOENT?: self.init(.unreachable, attempt + "there is no socket, \(start)")
        case ECONNREFUSED?: self.init(.unreachable, attempt + "nobody listens there, \(start)")
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
