import GRDB
import Storage

extension StorageError {
    /// The error of a transaction that did not commit.
    init(_ error: any Error) {
        switch error {
        case let error as StorageError: self = error
        case let error as DatabaseError:
            self.init(.unavailable, "cannot write the database: \(error.message ?? error.resultCode.description)")
        default: self.init(.unavailable, "cannot write the database: \(type(of: error))")
        }
    }

    /// The error of one item of a transaction: the store's own errors and the caller's pass through.
    static func known(_ error: any Error) -> any Error {
        error is DatabaseError ? StorageError(error) : error
    }
}
