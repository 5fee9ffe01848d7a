import GRDB
import Storage

extension StorageError {
    /// The error of a transaction that did not commit.
    init(_ error: any Error) {
        switch error {
        case let error as StorageError: self = error
        case let error as DatabaseError:
            self.init(.unavailable, "cannot write the database: \(error.words)")
        default: self.init(.unavailable, "cannot write the database: \(type(of: error))")
        }
    }

    /// The error of one item of a transaction: the store's own errors and the caller's pass through.
    static func known(_ error: any Error) -> any Error {
        error is DatabaseError ? StorageError(error) : error
    }
}

extension DatabaseError {
    /// SQLite's own words; where they are those of a disk without room, what to do about it.
    var words: String {
        let said = message ?? resultCode.description
        switch extendedResultCode {
        case .SQLITE_FULL: return "the disk is full: make room (\(said))"
        // The index of the log could not grow, or a page was not written: to SQLite an I/O error like any other.
        case .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_SHMOPEN, .SQLITE_IOERR_SHMMAP, .SQLITE_IOERR_WRITE:
            return "the disk is full, or fails: make room, or see the kernel's log (\(said))"
        default: return said
        }
    }
}
