public import AuraModel

/// The jobs, their steps and their leases.
///
/// A job has at most one worker, which holds a lease with an epoch. Each claim increments the epoch, and a write with
/// an older epoch throws `fenced` and changes nothing. Rows and their events are written in one transaction. A method
/// that writes returns when its transaction is durable. Reads see committed data.
///
/// A method that reaches a job of a tenant has a `TenantScope`, as a parameter or in its request. A job outside the
/// scope is like one that does not exist: the result or the error is the same, and nothing is changed. The methods
/// about leases act for the daemon, and have no scope.
public protocol JobStore: Sendable {
    /// Accepts an operation: finds or creates its instance, admits it, and writes the job with its first event.
    ///
    /// Throws `instanceNotFound` if the instance is not in the scope, and `tenantNotFound` if the tenant of a new
    /// instance is not.
    ///
    /// Throws `instanceBusy` if the instance already has an active job, even if the admission accepted the operation.
    /// For a destroy, only another destroy counts. An instance holds its name and counts against the quota until it
    /// fails or is destroyed.
    func submit(_ submission: Submission) async throws(StorageError) -> Submitted
    /// Leases due jobs of the request's scope, the most urgent first, and increments their epochs. A job that cannot
    /// be read is returned in ``Claimed/unreadable``; it is not leased, and stays due.
    func claim(_ request: ClaimRequest) async throws(StorageError) -> Claimed
    /// Extends leases. Returns the leases that are still held, with the cancellation of their jobs.
    func extendLeases(_ request: LeaseExtension) async throws(StorageError) -> [LeaseState]
    /// Writes a worker's transition. Throws `fenced` if the job's epoch is no longer the worker's.
    ///
    /// If the worker releases a job without knowing its cancellation, the job is due at once, and the transition's
    /// `Job.availableAt` is ignored.
    func apply(_ transition: Transition) async throws(StorageError) -> Applied
    /// Requests that a job ends early. A job that no worker holds becomes due at once, so that the next worker undoes
    /// it. Throws `jobNotFound`, or `jobTerminal` if the job has ended.
    func requestCancellation(_ request: CancellationRequest) async throws(StorageError) -> Job
    /// Makes a waiting job due now, and appends an event. A job that a worker holds or that is already due is not
    /// changed. Throws `jobNotFound`, or `jobTerminal` if the job has ended.
    func makeDueNow(_ request: MakeDueNowRequest) async throws(StorageError) -> Job

    /// Returns a job, or `nil` if the scope has no such job. Throws `corrupt` if the row cannot be read.
    func job(_ id: JobID, in scope: TenantScope) async throws(StorageError) -> Job?
    /// Returns a page of jobs. A row that cannot be read keeps its position in the page.
    func jobs(_ query: JobQuery) async throws(StorageError) -> Page<Job>
    /// Returns the steps that were begun, in order of their index; none if the scope has no such job. Throws `corrupt`
    /// if a row cannot be read.
    func steps(of job: JobID, in scope: TenantScope) async throws(StorageError) -> [StepRecord]
    /// Returns the earliest time at which a job of this scope is due, among jobs that no worker holds; `nil` if there
    /// is no such job.
    func nextDue(_ scope: ClaimScope) async throws(StorageError) -> Timestamp?
}
