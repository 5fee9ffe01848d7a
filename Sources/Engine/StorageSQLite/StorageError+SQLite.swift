import GRDB
import Storage

extension StorageError {
    /// Creates the error of a transaction that did not commit.
    init(_ error: any Error) {
        switch error {
        case let error as StorageError: self = error
        case let error as DatabaseError:
            self.init(.unavailable, "cannot write the database: \(error.words)")
        case let error as DamagedColumn:
            self.init(.corrupt, "the database is damaged: \(error); restore it from a backup")
        default: self.init(.unavailable, "cannot write the database: \(type(of: error))")
        }
    }

    /// Returns the error of one item. Only database errors are converted.
    static func known(_ error: any Error) -> any Error {
        error is DatabaseError ? StorageError(error) : error
    }
}

extension DatabaseError {
    /// SQLite's message, followed by the remedy if the disk is full.
    var words: String {
        let said = message ?? resultCode.description
        switch extendedResultCode {
        case .SQLITE_FULL: return "the disk is full: make room (\(said))"
        // The WAL index could not grow, or a page was not written. SQLite reports both as I/O errors.
        case .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_SHMOPEN, .SQLITE_IOERR_SHMMAP, .SQLITE_IOERR_WRITE:
            return "the disk is full, or fails: make room, or see the kernel's log (\(said))"
        default: return said
        }
    }
}
