public import AuraModel

/// The instances, and the observations of their resources that sweeps store.
///
/// Instances are also written by operations (``JobStore/submit(_:)``) and by the workers of their jobs
/// (``JobStore/apply(_:)``). A sweep writes only instances without an active job. Reads see committed data.
///
/// A read of instances has a `TenantScope`. An instance outside the scope is like one that does not exist. Sweeps act
/// for the daemon, and have no scope.
public protocol InstanceStore: Sendable {
    /// Returns an instance, or `nil` if the scope has no such instance. Throws `corrupt` if the row cannot be read.
    func instance(_ reference: InstanceReference, in scope: TenantScope) async throws(StorageError) -> Instance?
    /// Returns an instance and its active jobs, at most two; `nil` if the scope has no such instance. The jobs are read
    /// after the instance, and may reflect a later commit. Throws `corrupt` if the instance cannot be read.
    func activity(
        of reference: InstanceReference, in scope: TenantScope
    ) async throws(StorageError) -> InstanceActivity?
    /// True if ``activityAtOnce(of:in:)`` usually reads. False for a store to which each read is a round trip.
    var readsAtOnce: Bool { get }
    /// Does the same as ``activity(of:in:)`` on the caller's thread, unless it would have to wait.
    func activityAtOnce(
        of reference: InstanceReference, in scope: TenantScope
    ) throws(StorageError) -> ReadAtOnce<InstanceActivity?>
    /// Returns a page of instances. A row that cannot be read keeps its position in the page.
    func instances(_ query: InstanceQuery) async throws(StorageError) -> Page<Instance>
    /// Returns instances and the ledger's head from one snapshot: the instances reflect every event up to the head,
    /// and no later event.
    func snapshot(_ query: InstanceQuery) async throws(StorageError) -> InstancePage

    /// Returns the observations that earlier sweeps stored, ordered by kind and id.
    func observations() async throws(StorageError) -> Page<Observation>
    /// Writes the results of a sweep in one transaction. Returns the instances that were changed. The change of an
    /// instance is omitted if the instance has an active job, or another `updatedAt` than the sweep read.
    func recordSweep(_ record: SweepRecord) async throws(StorageError) -> Set<InstanceID>
}

/// The result of a read that does not wait.
public enum ReadAtOnce<Value: Sendable>: Sendable {
    /// The value was read.
    case read(Value)
    /// The read would have to wait. The caller must use the asynchronous method.
    case mustWait
}

extension InstanceStore {
    /// The default is false.
    public var readsAtOnce: Bool { false }

    /// The default does not read.
    public func activityAtOnce(
        of reference: InstanceReference, in scope: TenantScope
    ) throws(StorageError) -> ReadAtOnce<InstanceActivity?> { .mustWait }
}

extension InstanceStore where Self: JobStore {
    /// The default reads the instance, and then its jobs.
    public func activity(
        of reference: InstanceReference, in scope: TenantScope
    ) async throws(StorageError) -> InstanceActivity? {
        guard let instance = try await instance(reference, in: scope) else { return nil }
        return InstanceActivity(instance: instance, jobs: try await jobs(InstanceActivity.jobs(of: instance)))
    }
}
