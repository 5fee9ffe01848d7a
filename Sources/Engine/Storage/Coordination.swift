public import AuraModel

/// The limits, the singleton leases and the clock that the daemons of one installation share.
///
/// Each slot, singleton lease and API call is granted to only one of the daemons that share the database.
public protocol Coordination: Sendable {
    /// The id of this installation, created with the database. Every label of a resource at a provider contains it.
    var installation: String { get }
    /// Writes a row that only this method uses, and returns when it is durable.
    func proveWritable() async throws(StorageError)
    /// Returns the database server's time, or `nil` if the store is local and the daemon's clock is authoritative.
    func clock() async throws(StorageError) -> Timestamp?

    /// Takes a concurrency slot of a limited driver for the job's present step. Returns false if no slot is free for
    /// the job. Throws `fenced` if the job's lease was lost.
    ///
    /// The job holds the slot until a transition whose `Job.slot` is `nil` is written, or until the job is released or
    /// claimed again.
    func takeSlot(_ request: SlotRequest) async throws(StorageError) -> Bool
    /// Takes or extends a singleton lease. Returns false while another daemon holds it.
    func takeSingletonLease(_ request: SingletonLeaseRequest) async throws(StorageError) -> Bool
    /// Takes a share of the calls that are left in the rate limit of a provider's project.
    func takeCalls(_ request: CallRequest) async throws(StorageError) -> CallGrant
    /// Ends the job leases of all daemons but `owner`, and the singleton leases in `singletonLeases` that other daemons
    /// hold. Returns the number of jobs that were released.
    ///
    /// Only a store for one daemon does this. A shared store changes nothing, because the other daemons may be alive.
    func takeOverLeases(owner: String, singletonLeases: [String]) async throws(StorageError) -> Int
}

extension Coordination where Self: Ledger {
    /// The default only reads.
    public func proveWritable() async throws(StorageError) { _ = try await bounds() }
}
