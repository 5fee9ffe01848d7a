import GRDB
import Storage

extension StorageError {
    /// What the store did when the error occurred.
    enum Work {
        case opening(path: String)
        case reading
        case writing
    }

    /// Converts an error of SQLite, or of code that runs with its connection. Every such error that leaves the store is
    /// converted here.
    init(sqlite error: any Error, while work: Work) {
        switch error {
        case let error as StorageError: self = error
        case let error as DatabaseError: self.init(.unavailable, work.failure(error.words))
        case let error as DamagedColumn:
            self.init(.corrupt, "the database is damaged: \(error); restore it from a backup")
        default: self.init(.corrupt, "the database holds a row that this version cannot read")
        }
    }
}

extension StorageError.Work {
    fileprivate func failure(_ words: String) -> String {
        switch self {
        case .opening(let path):
            "cannot open the database \(path): \(words); "
                + "check that its directory exists and that aurad may write there"
        case .reading: "cannot read the database: \(words)"
        case .writing: "cannot write the database: \(words)"
        }
    }
}

extension DatabaseError {
    /// SQLite's message. If the disk is full, the message is in parentheses after the remedy.
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
