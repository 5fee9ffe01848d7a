public import AuraModel

/// The ledger of events.
///
/// The events have consecutive numbers (`seq`) in the order of their commits, without gaps. The observer gets the
/// events of every commit once, in that order. Old events are removed only from the beginning. A query for events that
/// were removed throws `cursorExpired`.
///
/// A query has a `TenantScope`, and returns only events of its tenants. The numbers count the events of all tenants,
/// so a gap in the events of a scope shows that other tenants have events.
public protocol Ledger: Sendable {
    /// The name of the ledger's epoch. It changes after a restore (``LedgerEpoch``).
    var epoch: String { get }
    /// Throws if the ledger is no longer the one that was opened. Writes nothing. The code is `unavailable` if the
    /// database's file was removed or replaced, and `replaced` if the database was restored while this daemon ran.
    func checkIdentity() async throws(StorageError)

    /// Returns events after a `seq`, in order, at most `limit`. Throws `cursorExpired` if some of them were pruned.
    func events(_ query: EventQuery) async throws(StorageError) -> [Event]
    /// Returns the range of events that the ledger has.
    func bounds() async throws(StorageError) -> LedgerBounds
    /// Deletes old events and ended jobs, and destroyed instances without jobs, at most the request's limit of each.
    /// Raises the ledger's floor. A job is kept as long as its events, and if the undo of a step failed.
    func prune(_ request: PruneRequest) async throws(StorageError) -> Pruned

    /// Calls `observer` with the events of every later commit, of all tenants, in order. There is one observer; set it
    /// before the first write.
    func observe(_ observer: @escaping @Sendable ([Event]) -> Void)
}

extension Ledger {
    /// The default does nothing.
    public func checkIdentity() async throws(StorageError) {}

    /// Returns the `seq` of the newest event; 0 if there never was an event.
    public func head() async throws(StorageError) -> Int64 {
        try await bounds().head
    }
}

extension Ledger where Self: Coordination {
    /// The default for stores whose ledger begins with this process, such as a store in memory.
    public var epoch: String { installation }
}
