import Glibc
import Storage

/// A lock that lives as long as the process that holds it, whatever ends that.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, or throws at once where another process has it.
    ///
    /// What throws after the descriptor is set is closed by `deinit`, which runs for a lock that was not taken, too.
    init(path: String, subject: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StorageError(
                .unavailable,
                "cannot open \(path): \(String(cString: strerror(errno))); "
                    + "check that its directory exists and that aurad may write there")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw StorageError(
                .unavailable, "\(subject) is in use by another aurad: stop that one, or choose another database")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
