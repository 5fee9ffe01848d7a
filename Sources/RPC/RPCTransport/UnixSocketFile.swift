#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The file of a Unix socket and this process's lock on its path.
///
/// The lock file next to it (`PATH.lock`) is never removed. It prevents two daemons that start at the same moment from
/// replacing each other's socket. The kernel releases the lock when its process ends, for any reason.
struct UnixSocketFile: Sendable {
    /// The bound socket. It does not listen yet after ``bind(path:access:)``; after ``renewed(backlog:)`` it may.
    let descriptor: CInt
    let path: String
    private let access: SocketAccess
    private let lock: CInt
    private let identity: Identity

    private struct Identity: Equatable {
        var device: UInt64
        var inode: UInt64
    }

    /// Binds a socket at `path` with these permissions. Replaces a socket that a dead process left there.
    ///
    /// No client can connect before the caller listens, so the permissions are complete before the first connection.
    ///
    /// Returns `nil` if another process has the lock but serves nothing at the path. It may be a child of a daemon that
    /// has just ended: a child shares the lock until it executes its program. The caller tries again a little later.
    static func bind(path: String, access: SocketAccess) throws(ListenError) -> UnixSocketFile? {
        let place = Place(path: path, access: access)
        let address = try place.socketAddress()
        guard let lock = try place.takeLock() else {
            if place.isServed(address) { throw place.inUse }
            return nil
        }
        do {
            try place.clear(address)
            return try place.bind(address, lock)
        } catch {
            close(lock)
            throw error
        }
    }

    /// Sets the number of connections that may wait to be accepted. The socket must not be closed.
    ///
    /// A second call of listen(2) only changes the number.
    func listen(backlog: Int32) throws(ListenError) {
        #if canImport(Glibc)
            let isListening = Glibc.listen(descriptor, backlog) == 0
        #elseif canImport(Musl)
            let isListening = Musl.listen(descriptor, backlog) == 0
        #else
            let isListening = Darwin.listen(descriptor, backlog) == 0
        #endif
        guard isListening else {
            throw ListenError(
                .systemRefused, .unix(path: path),
                "cannot listen on the Unix socket \(path), the system refused: \(String(cString: strerror(errno)))")
        }
    }

    /// The file that is at the path now.
    enum Standing: Sendable {
        /// The bound file.
        case own
        /// No file.
        case gone
        /// Another file, which belongs to another process or user.
        case replaced
    }

    var standing: Standing {
        guard let found = UnixSocketFile.identity(path) else { return .gone }
        return found.identity == identity ? .own : .replaced
    }

    /// Binds a new socket at the path under the same lock. There must be no file at the path. Clients can no longer
    /// reach the old socket.
    ///
    /// The new socket is bound at `PATH.new` and listens there. Only then does it get a link at the path, so that no
    /// client finds a socket that refuses connections. If `PATH.new` is too long, the socket is bound at the path.
    func renewed(backlog: Int32) throws(ListenError) -> UnixSocketFile {
        let beside = Place(path: path + ".new", access: access)
        guard let address = try? beside.socketAddress() else {
            let place = Place(path: path, access: access)
            return try place.bind(try place.socketAddress(), lock)
        }
        unlink(beside.path)
        let bound = try beside.bind(address, lock)
        defer { unlink(beside.path) }
        do throws(ListenError) {
            try bound.listen(backlog: backlog)
            guard link(beside.path, path) == 0 else {
                throw ListenError(
                    .systemRefused, .unix(path: path),
                    "cannot make the Unix socket \(path), the system refused: \(String(cString: strerror(errno)))")
            }
        } catch {
            close(bound.descriptor)
            throw error
        }
        return UnixSocketFile(
            descriptor: bound.descriptor, path: path, access: access, lock: lock, identity: bound.identity)
    }

    /// Removes the file if it is still the bound one, and releases the lock.
    func release() {
        removeFile()
        close(lock)
    }

    /// Removes the file if it is still the bound one. The lock is kept.
    func removeFile() {
        if standing == .own { unlink(path) }
    }

    private static func identity(_ path: String) -> (identity: Identity, isSocket: Bool)? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        let identity = Identity(device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino))
        return (identity, status.st_mode & S_IFMT == S_IFSOCK)
    }
}

extension UnixSocketFile {
    private struct Place {
        let path: String
        let access: SocketAccess

        func socketAddress() throws(ListenError) -> sockaddr_un {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let most = ListenAddress.unixPathLimitBytes
            let bytes = Array(path.utf8)
            guard !bytes.isEmpty, bytes.count <= most, !bytes.contains(0) else {
                throw failure(
                    .pathTooLong,
                    "its path has \(bytes.count) bytes and must have 1 to \(most), choose a shorter one")
            }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            return address
        }

        /// Opens and locks the lock file. Returns its descriptor, or `nil` if another process has the lock.
        func takeLock() throws(ListenError) -> CInt? {
            let lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard lock >= 0 else { throw systemFailure("open its lock file \(path).lock") }
            guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
                let isHeld = errno == EWOULDBLOCK
                let failure = systemFailure("lock \(path).lock")
                close(lock)
                if isHeld { return nil }
                throw failure
            }
            return lock
        }

        /// Removes a stale socket at the path. Throws if another file or a socket in use is there.
        func clear(_ address: sockaddr_un) throws(ListenError) {
            guard let found = UnixSocketFile.identity(path) else { return }
            guard found.isSocket else {
                throw failure(.notASocket, "a file that is no socket is there, move it away or choose another path")
            }
            switch connectError(address) {
            case ECONNREFUSED:
                guard unlink(path) == 0 || errno == ENOENT else { throw systemFailure("remove the stale socket") }
            case ENOENT: return
            case EACCES, EPERM: throw systemFailure("ask whether the socket there is served")
            default: throw inUse
            }
        }

        /// True unless it is certain that no process listens at the path. With a full backlog a connection fails too,
        /// but with another error than these two.
        func isServed(_ address: sockaddr_un) -> Bool { ![ECONNREFUSED, ENOENT].contains(connectError(address)) }

        func bind(_ address: sockaddr_un, _ lock: CInt) throws(ListenError) -> UnixSocketFile {
            let descriptor = socket(AF_UNIX, streamSocket, 0)
            guard descriptor >= 0 else { throw systemFailure("open a socket") }
            // On Linux the file gets the socket's own mode, restricted by the umask.
            _ = fchmod(descriptor, mode_t(access.mode))
            let bound = withSocketAddress(address) { start, count in
                #if canImport(Glibc)
                    Glibc.bind(descriptor, start, count)
                #elseif canImport(Musl)
                    Musl.bind(descriptor, start, count)
                #else
                    Darwin.bind(descriptor, start, count)
                #endif
            }
            guard bound == 0, widen(), let found = UnixSocketFile.identity(path) else {
                let failure = systemFailure("bind the socket")
                if bound == 0 { unlink(path) }
                close(descriptor)
                throw failure
            }
            return UnixSocketFile(
                descriptor: descriptor, path: path, access: access, lock: lock, identity: found.identity)
        }

        /// Sets the group of the file, and its mode if the umask, or another system, changed it.
        private func widen() -> Bool {
            if let group = access.group, lchown(path, uid_t.max, gid_t(group)) != 0 { return false }
            var status = stat()
            guard lstat(path, &status) == 0 else { return false }
            return status.st_mode & 0o777 == mode_t(access.mode) || chmod(path, mode_t(access.mode)) == 0
        }

        /// Returns the error of a connection attempt to the path, or 0 if a process accepts it.
        private func connectError(_ address: sockaddr_un) -> CInt {
            let descriptor = socket(AF_UNIX, streamSocket, 0)
            guard descriptor >= 0 else { return errno }
            defer { close(descriptor) }
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            return withSocketAddress(address) { connect(descriptor, $0, $1) } == 0 ? 0 : errno
        }

        private func withSocketAddress<R>(
            _ address: sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
        ) -> R {
            withUnsafePointer(to: address) { start in
                start.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }

        private var streamSocket: CInt {
            #if canImport(Glibc)
                CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
            #elseif canImport(Musl)
                SOCK_STREAM | SOCK_CLOEXEC
            #else
                SOCK_STREAM
            #endif
        }

        var inUse: ListenError {
            failure(.socketInUse, "another daemon serves it, stop that one or choose another path")
        }

        private func systemFailure(_ attempt: String) -> ListenError {
            failure(.systemRefused, "the system refused to \(attempt): \(String(cString: strerror(errno)))")
        }

        private func failure(_ code: ListenError.Code, _ why: String) -> ListenError {
            ListenError(code, .unix(path: path, access: access), "cannot listen on the Unix socket \(path), \(why)")
        }
    }
}
