public import AuraModel

/// The durable state. Each domain operation is one method and one transaction.
///
/// An implementation keeps the ledger without gaps and in commit order, and passes the events of every commit to its
/// observer in that order. Reads see committed data. All methods throw ``StorageError``.
public protocol Store: Sendable {
    /// The id of this installation, created with the database. Every label of a resource at a provider contains it.
    var installation: String { get }
    /// The name of the ledger's epoch. It changes after a restore (``LedgerEpoch``).
    var epoch: String { get }
    /// Throws if the database is not the one that was opened: its file was removed or replaced, or it was restored
    /// while this daemon ran. Writes nothing.
    func checkIdentity() async throws
    /// Writes a row that only this method uses, and returns when it is durable.
    func proveWritable() async throws

    /// Accepts an operation: finds or creates its instance, admits it, and writes the job with its first event.
    ///
    /// Throws `instanceBusy` if the instance already has an active job, even if the admission accepted the operation.
    /// A destroy conflicts only with another destroy. An instance holds its name and counts against the quota until it
    /// fails or is destroyed.
    func submit(_ submission: Submission) async throws -> Submitted
    /// Leases due jobs of the request's scope, the most urgent first, and increments their epochs. A job that cannot
    /// be read is reported, is not held, and stays due.
    func claim(_ request: ClaimRequest) async throws -> Claimed
    /// Extends leases. Returns the leases that are still held, with the cancellation of their jobs.
    func extendLeases(_ request: LeaseExtension) async throws -> [LeaseState]
    /// Writes a worker's transition. Throws `fenced` if the job's epoch is no longer the worker's.
    ///
    /// If the worker releases a job whose cancellation it does not know, the job is due at once. The time in the
    /// transition is then ignored.
    func apply(_ transition: Transition) async throws -> Applied
    /// Requests that a job ends early. A job that no worker holds becomes due at once, so that the next worker undoes
    /// it. Throws `jobNotFound`, or `jobTerminal` if the job has ended.
    func requestCancellation(_ request: CancellationRequest) async throws -> Job
    /// Makes a waiting job due now, and appends an event. A job that a worker holds or that is already due is not
    /// changed. Throws `jobNotFound`, or `jobTerminal` if the job has ended.
    func makeDueNow(_ request: MakeDueNowRequest) async throws -> Job
    /// Ends the leases of all daemons but `owner`, and the singleton leases in `singletonLeases` that other daemons
    /// hold. Returns the number of jobs that were released.
    ///
    /// Only a store for one daemon does this. A shared store changes nothing, because its leases expire.
    func takeOverLeases(owner: String, singletonLeases: [String]) async throws -> Int
    /// Takes a concurrency slot of a limited driver for the job's present step. Returns false if no slot is free for
    /// the job. Throws `fenced` if the job's lease was lost.
    ///
    /// The job holds the slot until a transition whose `Job.place` is `nil` is written, or until its lease is released
    /// or claimed again.
    func takeSlot(_ request: SlotRequest) async throws -> Bool
    /// Takes or extends a singleton lease. Returns false while another daemon holds it.
    func takeSingletonLease(_ request: SingletonLeaseRequest) async throws -> Bool
    /// Takes a lot of the calls that a provider's project has left.
    func takeCalls(_ request: CallRequest) async throws -> CallGrant
    /// Returns the observations that earlier sweeps stored, ordered by kind and id.
    func observations() async throws -> Page<Observation>
    /// Writes the results of a sweep. Returns the instances that were changed. A change is omitted if its row was
    /// written since the sweep read it, or if the instance has an active job.
    func recordSweep(_ record: SweepRecord) async throws -> Set<InstanceID>
    /// Deletes rows that are older than the request's times, up to its limit, and raises the ledger's floor.
    func prune(_ request: PruneRequest) async throws -> Pruned

    /// Returns an instance, or `nil` if it does not exist. Throws `corrupt` if the row cannot be read.
    func instance(_ reference: InstanceReference) async throws -> Instance?
    /// Returns an instance and its active jobs, at most two; `nil` if the instance does not exist. The jobs are read
    /// after the instance, and another commit may come between the two. Throws `corrupt` if the instance cannot be
    /// read.
    func activity(of reference: InstanceReference) async throws -> InstanceActivity?
    /// Returns a page of instances. A row that cannot be read keeps its position in the page.
    func instances(_ query: InstanceQuery) async throws -> Page<Instance>
    /// Returns instances and the ledger's head from one snapshot: the instances reflect every event up to the head,
    /// and no later event.
    func snapshot(_ query: InstanceQuery) async throws -> InstancePage
    /// Returns a job, or `nil` if it does not exist. Throws `corrupt` if the row cannot be read.
    func job(_ id: JobID) async throws -> Job?
    /// Returns a page of jobs. A row that cannot be read keeps its position in the page.
    func jobs(_ query: JobQuery) async throws -> Page<Job>
    /// Returns the steps that were begun, in order of their index. Throws `corrupt` if a row cannot be read.
    func steps(of job: JobID) async throws -> [StepRecord]
    /// Returns events after a `seq`, in order, at most `limit`. Throws `cursorExpired` if some of them were pruned.
    func events(_ query: EventQuery) async throws -> [Event]
    /// Returns the range of events that the ledger has.
    func bounds() async throws -> LedgerBounds
    /// Returns the database server's time, or `nil` if the store is local and the daemon's clock is authoritative.
    func clock() async throws -> Timestamp?
    /// Returns the earliest time at which a job of this scope is due, among jobs that no worker holds; `nil` if there
    /// is no such job.
    func nextDue(_ scope: ClaimScope) async throws -> Timestamp?

    /// Calls `observer` with the events of every later commit, in order. There is one observer; set it before the
    /// first write.
    func observe(_ observer: @escaping @Sendable ([Event]) -> Void)
}

extension Store {
    /// The default for stores that have no history before this process.
    public var epoch: String { installation }
    /// The default does nothing.
    public func checkIdentity() async throws {}
    /// The default only reads.
    public func proveWritable() async throws { _ = try await bounds() }

    /// The default reads the instance, and then its jobs.
    public func activity(of reference: InstanceReference) async throws -> InstanceActivity? {
        guard let instance = try await instance(reference) else { return nil }
        return InstanceActivity(instance: instance, jobs: try await jobs(InstanceActivity.jobs(of: instance)))
    }

    /// Returns the `seq` of the newest event; 0 if there never was an event.
    public func head() async throws -> Int64 {
        try await bounds().head
    }
}
