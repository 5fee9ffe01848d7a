import GRDB
import Glibc
import Locking
import Storage

/// One daemon's exclusive claim to one database file.
///
/// The claim is a `flock` on the file itself and not on a lock file, which could be removed. It holds for all symbolic
/// and hard links to the file. SQLite's own locks are `fcntl` locks, which are independent of `flock` on Linux. The
/// kernel releases the lock when the process ends.
final class DatabaseFile: Sendable {
    struct Identity: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64

        init(_ status: stat) {
            device = UInt64(truncatingIfNeeded: status.st_dev)
            inode = UInt64(status.st_ino)
        }
    }

    /// Checks whether the path still names the claimed file. A copy of this value does not extend the claim.
    let proof: Proof
    private let descriptor: CInt

    /// The files that this process has claimed. The process must not open and close such a file again: any `close`
    /// drops SQLite's locks on it.
    private static let claimed = Locked<Set<Identity>>([])

    /// Claims the file. Throws `unavailable` if another daemon has claimed it, or if it belongs to another user.
    ///
    /// Sets the permissions of the file, and of SQLite's `-wal` and `-shm` files, to 0600 if others have access.
    ///
    /// - Parameter allowsNew: whether a missing or empty file is accepted. A missing file is then created.
    init(path: String, allowsNew: Bool) throws(StorageError) {
        let claim = try Self.claim(path, allowsNew: allowsNew)
        descriptor = claim.descriptor
        proof = Proof(path: path, identity: claim.identity)
    }

    deinit {
        // Under one lock, because a new file may get the inode of a removed file as soon as that is closed.
        Self.claimed.withLock { claimed in
            close(descriptor)
            claimed.remove(proof.identity)
        }
    }

    struct Proof: Sendable {
        let path: String
        let identity: Identity
        /// The largest size so far, in bytes. SQLite shrinks a file only for VACUUM, which aurad never runs.
        private let largest = Locked(Int64(0))

        init(path: String, identity: Identity) {
            self.path = path
            self.identity = identity
        }

        /// Throws `unavailable` if the path no longer names the claimed file, or if the file was truncated. Later
        /// writes would be lost when this process ends.
        func check() throws(StorageError) {
            var status = stat()
            guard stat(path, &status) == 0, Identity(status) == identity else {
                throw lost("removed or replaced")
            }
            let size = Int64(status.st_size)
            let isCut = largest.withLock { largest in
                largest = max(largest, size)
                return size < largest
            }
            if isCut { throw lost("cut short") }
        }

        private func lost(_ how: String) -> StorageError {
            StorageError(
                .unavailable,
                "cannot use the database \(path): its file was \(how) while aurad ran; "
                    + "stop aurad, put the file or a backup back, and start it again")
        }
    }

    private typealias Claim = (descriptor: CInt, identity: Identity)

    /// Opens and locks the file. Tries again if the file was replaced in between, at most 8 times in all.
    private static func claim(_ path: String, allowsNew: Bool) throws(StorageError) -> Claim {
        for _ in 1...8 {
            var status = stat()
            let isThere = stat(path, &status) == 0
            if !allowsNew, !isThere ? errno == ENOENT : status.st_size == 0 { throw isMissing(path) }
            if isThere, claimed.withLock({ $0.contains(Identity(status)) }) { throw inUse(path) }
            let descriptor = open(path, O_RDWR | O_CLOEXEC | (allowsNew ? O_CREAT : 0), 0o600)
            guard descriptor >= 0 else { throw failure(path, String(cString: strerror(errno))) }
            do {
                if let claim = try lock(descriptor, path) { return claim }
                close(descriptor)
            } catch {
                close(descriptor)
                throw error
            }
        }
        throw failure(path, "it is replaced all the time")
    }

    /// Locks the open file. Returns `nil` if the path now names another file.
    private static func lock(_ descriptor: CInt, _ path: String) throws(StorageError) -> Claim? {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw inUse(path) }
        var (held, named) = (stat(), stat())
        guard fstat(descriptor, &held) == 0 else { throw failure(path, String(cString: strerror(errno))) }
        guard held.st_mode & S_IFMT == S_IFREG else { throw failure(path, "it is no regular file") }
        let identity = Identity(held)
        guard stat(path, &named) == 0, Identity(named) == identity else { return nil }
        try narrow(descriptor, held, path)
        for suffix in ["-wal", "-shm"] { try narrow(path + suffix) }
        guard claimed.withLock({ $0.insert(identity).inserted }) else { throw inUse(path) }
        return (descriptor, identity)
    }

    private static func narrow(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw failure(path, String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path, String(cString: strerror(errno))) }
        try narrow(descriptor, status, path)
    }

    private static func narrow(_ descriptor: CInt, _ status: stat, _ path: String) throws(StorageError) {
        guard status.st_uid == geteuid() || geteuid() == 0 else {
            throw StorageError(
                .unavailable,
                "cannot trust the database file \(path): it belongs to another user; run chown on it, or choose another database"
            )
        }
        guard status.st_mode & 0o077 != 0, fchmod(descriptor, 0o600) != 0 else { return }
        throw failure(path, "its permissions cannot be set to 0600: \(String(cString: strerror(errno)))")
    }

    private static func inUse(_ path: String) -> StorageError {
        StorageError(
            .unavailable,
            "the database \(path) is in use by another aurad: stop that one, or choose another database")
    }

    private static func isMissing(_ path: String) -> StorageError {
        StorageError(
            .unavailable,
            "cannot make a new database at \(path): aurad holds credentials of machines that another database knows; "
                + "put that database or a backup back, or move the credentials directory away to begin anew")
    }

    private static func failure(_ path: String, _ why: String) -> StorageError {
        StorageError(
            .unavailable,
            "cannot open the database \(path): \(why); check that its directory exists and that aurad may write there")
    }
}

/// The application id in the header of a SQLite file.
enum ApplicationID {
    /// `AURA` in ASCII.
    static let ours: Int32 = 0x4155_5241

    /// Throws `unavailable` if the file is another program's database. Only reads, so that such a file is not changed.
    static func check(_ path: String) throws {
        var settings = Configuration()
        settings.busyMode = .timeout(5)
        settings.prepareDatabase { try $0.execute(sql: "PRAGMA query_only = ON") }
        try DatabaseQueue(path: path, configuration: settings).inDatabase { database in
            let id = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
            if id == ours { return }
            // Aura's databases from before the application id existed have these tables.
            let tables = try Set(String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'"))
            if id == 0, tables.isEmpty || tables.isSuperset(of: ["setting", "instance", "job", "event", "event_head"]) {
                return
            }
            throw StorageError(
                .unavailable,
                "cannot use the database \(path): another program made it; choose another path")
        }
    }

    static func set(_ database: Database) throws {
        guard try Int32.fetchOne(database, sql: "PRAGMA application_id") != ours else { return }
        try database.execute(sql: "PRAGMA application_id = \(ours)")
    }
}
