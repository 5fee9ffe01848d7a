public import AuraModel

/// What is durable. A method per domain operation, each one transaction.
///
/// An implementation keeps the ledger gap-free and in commit order, and hands every commit's events to its observer in
/// that order. Reads see what committed. All methods throw ``StorageError``.
public protocol Store: Sendable {
    /// The id of this installation, made with the database; part of every label in the outside world.
    var installation: String { get }
    /// The name of the ledger's unbroken history; another one after a restore (``LedgerEpoch``).
    var epoch: String { get }
    /// Throws if the database is not the one that was opened: its file was removed or replaced, or it was restored under this daemon.
    /// Writes nothing.
    func checkIdentity() async throws
    /// Writes a row of its own, and returns once that is on the disk.
    func proveWritable() async throws

    /// Accepts an operation: finds or makes its instance, admits it, and writes the job with its first event.
    ///
    /// Beside an active job (a destroy beside a destroy) it throws `instanceBusy`, whatever the admission said. An
    /// instance holds its name, and its place in the quota, until it failed or was destroyed.
    func submit(_ submission: Submission) async throws -> Submitted
    /// Leases jobs of the request's scope that are due, the most urgent first, and raises their epochs. A job that cannot be read is
    /// let go of again, as due as it was.
    func claim(_ request: ClaimRequest) async throws -> Claimed
    /// Prolongs leases; answers with those that are still held and whether somebody wants them to end.
    func extendLeases(_ request: LeaseExtension) async throws -> [LeaseState]
    /// Writes what a worker decided. Throws `fenced` where the job's epoch is no longer the worker's.
    ///
    /// A job that is let go without knowledge of its cancellation is due at once, whatever the worker wrote.
    func apply(_ transition: Transition) async throws -> Applied
    /// Asks a job to end early. A job that no worker holds becomes due at once, to be undone by the next worker.
    func requestCancellation(_ request: CancellationRequest) async throws -> Job
    /// Makes a job that waits due now, and says so in the ledger; one that a worker holds goes on as it is.
    /// Throws `jobNotFound`, or `jobTerminal` for one that has ended.
    func hasten(_ request: HastenRequest) async throws -> Job
    /// Ends the leases of all daemons but `owner`, which alone may use this database, and frees these duties where a daemon before held them.
    /// For stores that one daemon owns; a shared one waits for leases to run out.
    func takeOverLeases(owner: String, duties: [String]) async throws -> Int
    /// Takes one of the places that a limited driver has, for the step that a job is at; false where all are taken.
    ///
    /// The place is the job's until a transition whose job names no place, or until its lease ends.
    func occupy(_ request: PlaceRequest) async throws -> Bool
    /// Takes, or keeps, a duty that one daemon at a time does; false while another has it.
    func takeDuty(_ request: DutyRequest) async throws -> Bool
    /// Takes a lot of the calls that a provider's project has left.
    func takeCalls(_ request: CallRequest) async throws -> CallGrant
    /// What earlier sweeps keep in mind, ordered by kind and id.
    func sightings() async throws -> Page<Sighting>
    /// Writes what a sweep found out; answers with the instances whose changes were written. A change whose row was written
    /// meanwhile, or on which a job is at work, is left out.
    func recordSweep(_ record: SweepRecord) async throws -> Set<InstanceID>
    /// Deletes a lot of what is older than the policy's age, and raises the ledger's floor.
    func prune(_ request: PruneRequest) async throws -> Pruned

    /// Throws `corrupt` for a row that cannot be read, as do ``job(_:)`` and ``steps(of:)``; in lists such a row has its place.
    func instance(_ reference: InstanceReference) async throws -> Instance?
    func instances(_ query: InstanceQuery) async throws -> Page<Instance>
    /// Instances and the ledger's head as of one moment: every event up to the head shows in the instances, and none after it.
    func snapshot(_ query: InstanceQuery) async throws -> InstancePage
    func job(_ id: JobID) async throws -> Job?
    func jobs(_ query: JobQuery) async throws -> Page<Job>
    /// The steps that were begun, in order of their index.
    func steps(of job: JobID) async throws -> [StepRecord]
    /// Events after a place in the ledger, in order, `limit` at most. Throws `cursorExpired` where some of them were pruned.
    func events(_ query: EventQuery) async throws -> [Event]
    /// What the ledger still has.
    func bounds() async throws -> LedgerBounds
    /// What the database's own clock shows; none where the daemon has the database, and so the clock, to itself.
    func clock() async throws -> Timestamp?
    /// When the next job of this scope that no worker holds is due.
    func nextDue(_ scope: ClaimScope) async throws -> Timestamp?

    /// Calls `observer` with the events of every later commit, in order. One observer; set it before the first write.
    func observe(_ observer: @escaping @Sendable ([Event]) -> Void)
}

extension Store {
    /// For stores that have no history but this process's.
    public var epoch: String { installation }
    public func checkIdentity() async throws {}
    public func proveWritable() async throws { _ = try await bounds() }

    /// The `seq` of the newest event; 0 where there never was one.
    public func head() async throws -> Int64 {
        try await bounds().head
    }
}
