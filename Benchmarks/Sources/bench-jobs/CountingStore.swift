import AuraModel
import Locking
import Storage

/// A store that counts the transitions that workers commit.
final class CountingStore: Store {
    private let base: any Store
    private let count = Locked(0)

    init(_ base: any Store) {
        self.base = base
    }

    var applied: Int { count.withLock { $0 } }
    var installation: String { base.installation }
    var epoch: String { base.epoch }

    func apply(_ transition: Transition) async throws -> Applied {
        count.withLock { $0 += 1 }
        return try await base.apply(transition)
    }

    func checkIdentity() async throws { try await base.checkIdentity() }
    func proveWritable() async throws { try await base.proveWritable() }
    func submit(_ submission: Submission) async throws -> Submitted { try await base.submit(submission) }
    func claim(_ request: ClaimRequest) async throws -> Claimed { try await base.claim(request) }
    func extendLeases(_ request: LeaseExtension) async throws -> [LeaseState] { try await base.extendLeases(request) }
    func requestCancellation(_ request: CancellationRequest) async throws -> Job {
        try await base.requestCancellation(request)
    }
    func takeOverLeases(owner: String, singletonLeases: [String]) async throws -> Int {
        try await base.takeOverLeases(owner: owner, singletonLeases: singletonLeases)
    }
    func takeSlot(_ request: SlotRequest) async throws -> Bool { try await base.takeSlot(request) }
    func makeDueNow(_ request: MakeDueNowRequest) async throws -> Job { try await base.makeDueNow(request) }
    func takeCalls(_ request: CallRequest) async throws -> CallGrant { try await base.takeCalls(request) }
    func observations() async throws -> Page<Observation> { try await base.observations() }
    func recordSweep(_ record: SweepRecord) async throws -> Set<InstanceID> { try await base.recordSweep(record) }
    func clock() async throws -> Timestamp? { try await base.clock() }
    func takeSingletonLease(_ request: SingletonLeaseRequest) async throws -> Bool {
        try await base.takeSingletonLease(request)
    }
    func prune(_ request: PruneRequest) async throws -> Pruned { try await base.prune(request) }
    func instance(_ reference: InstanceReference) async throws -> Instance? { try await base.instance(reference) }
    func instances(_ query: InstanceQuery) async throws -> Page<Instance> { try await base.instances(query) }
    func snapshot(_ query: InstanceQuery) async throws -> InstancePage { try await base.snapshot(query) }
    func job(_ id: JobID) async throws -> Job? { try await base.job(id) }
    func jobs(_ query: JobQuery) async throws -> Page<Job> { try await base.jobs(query) }
    func steps(of job: JobID) async throws -> [StepRecord] { try await base.steps(of: job) }
    func events(_ query: EventQuery) async throws -> [Event] { try await base.events(query) }
    func bounds() async throws -> LedgerBounds { try await base.bounds() }
    func nextDue(_ scope: ClaimScope) async throws -> Timestamp? { try await base.nextDue(scope) }
    func observe(_ observer: @escaping @Sendable ([Event]) -> Void) { base.observe(observer) }
}
