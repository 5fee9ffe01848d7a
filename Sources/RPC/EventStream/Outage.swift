import AuraModel
import Storage

/// The retry budget of a subscription that catches up while the database cannot be read. After ``patience`` its connection is
/// closed.
///
/// A restart of the database takes seconds, so clients need not reconnect for it.
struct Outage {
    private var began: Duration?
    private var attempt = 0
    private var cursor: Int64?

    static let patience = Duration.seconds(60)
    private static let backoff = Backoff(base: .milliseconds(200), cap: .seconds(2))

    /// Returns the wait before the next attempt. Returns `nil` if the error is not an outage, or if the cursor has not
    /// advanced for ``patience``.
    mutating func pause(after error: any Error, at cursor: Int64, now: Duration) -> Duration? {
        guard let error = error as? StorageError, error.code == .unavailable else { return nil }
        if began == nil || cursor != self.cursor {
            began = now
            attempt = 0
            self.cursor = cursor
        }
        attempt += 1
        guard let began, now - began < Self.patience else { return nil }
        return Self.backoff.wait(attempt: attempt, unit: 1)
    }
}
