public import AuraModel
import Locking
public import Storage

/// A store with hooks before and after each write, so that a test can fail, delay or count writes.
public final class ProbedStore: Store {
    /// A write, as a hook gets it.
    public enum Write: Sendable {
        case submit(Submission)
        case claim(ClaimRequest)
        case extendLeases(LeaseExtension)
        case apply(Transition)
        case requestCancellation(CancellationRequest)
        case takeOverLeases
    }

    public typealias Hook = @Sendable (Write) async throws -> Void
    public typealias ReadHook = @Sendable () async throws -> Void

    private struct Hooks {
        var before: Hook = { _ in }
        var after: Hook = { _ in }
        var beforeReading: ReadHook = {}
        var unreadable: Set<InstanceID> = []
    }

    public let base: any Store
    private let hooks = Locked(Hooks())
    public let kept: (any Sendable & AnyObject)?

    /// - Parameter kept: an object that must live as long as the store, such as its directory.
    public init(_ base: any Store, keeping kept: (any Sendable & AnyObject)? = nil) {
        self.base = base
        self.kept = kept
    }

    public var installation: String { base.installation }
    public var epoch: String { base.epoch }
    public func checkIdentity() async throws { try await base.checkIdentity() }
    public func proveWritable() async throws { try await base.proveWritable() }

    /// Sets the hook that runs before each write. If it throws, the write is not attempted and the caller gets that
    /// error.
    public func before(_ hook: @escaping Hook) {
        hooks.withLock { $0.before = hook }
    }

    /// Sets the hook that runs after each committed write. If it throws, the caller gets that error instead of the
    /// result.
    public func after(_ hook: @escaping Hook) {
        hooks.withLock { $0.after = hook }
    }

    /// Sets the hook that runs before each read of instances, jobs or events. If it throws, the caller gets that error.
    public func beforeReading(_ hook: @escaping ReadHook) {
        hooks.withLock { $0.beforeReading = hook }
    }

    /// Makes the rows of these instances unreadable in pages of instances.
    public func makeUnreadable(_ instances: Set<InstanceID>) {
        hooks.withLock { $0.unreadable = instances }
    }

    private func damaged(_ page: Page<Instance>) -> Page<Instance> {
        let unreadable = hooks.withLock { $0.unreadable }
        return Page(
            page.entries.map { entry in
                guard case .success(let row) = entry, unreadable.contains(row.id) else { return entry }
                let reason = "instance \(row.id) is damaged"
                return .failure(UnreadableRow(.instance, id: row.id.text, instance: row.id, reason: reason))
            })
    }

    private func probeRead<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await hooks.withLock { $0.beforeReading }()
        return try await body()
    }

    private func probe<Value>(_ write: Write, _ body: () async throws -> Value) async throws -> Value {
        try await hooks.withLock { $0.before }(write)
        let value = try await body()
        try await hooks.withLock { $0.after }(write)
        return value
    }

    public func submit(_ submission: Submission) async throws -> Submitted {
        try await probe(.submit(submission)) { try await base.submit(submission) }
    }

    public func claim(_ request: ClaimRequest) async throws -> Claimed {
        try await probe(.claim(request)) { try await base.claim(request) }
    }

    public func extendLeases(_ request: LeaseExtension) async throws -> [LeaseState] {
        try await probe(.extendLeases(request)) { try await base.extendLeases(request) }
    }

    public func apply(_ transition: Transition) async throws -> Applied {
        try await probe(.apply(transition)) { try await base.apply(transition) }
    }

    public func requestCancellation(_ request: CancellationRequest) async throws -> Job {
        try await probe(.requestCancellation(request)) { try await base.requestCancellation(request) }
    }

    public func takeOverLeases(owner: String, singletonLeases: [String]) async throws -> Int {
        try await probe(.takeOverLeases) {
            try await base.takeOverLeases(owner: owner, singletonLeases: singletonLeases)
        }
    }

    public func instance(_ reference: InstanceReference) async throws -> Instance? {
        try await probeRead { try await base.instance(reference) }
    }

    public func instances(_ query: InstanceQuery) async throws -> Page<Instance> {
        try await probeRead { damaged(try await base.instances(query)) }
    }

    public func snapshot(_ query: InstanceQuery) async throws -> InstancePage {
        try await probeRead {
            let page = try await base.snapshot(query)
            return InstancePage(instances: damaged(page.instances), head: page.head)
        }
    }

    public func job(_ id: JobID) async throws -> Job? { try await probeRead { try await base.job(id) } }
    public func jobs(_ query: JobQuery) async throws -> Page<Job> { try await probeRead { try await base.jobs(query) } }

    public func steps(of job: JobID) async throws -> [StepRecord] {
        try await probeRead { try await base.steps(of: job) }
    }

    public func events(_ query: EventQuery) async throws -> [Event] {
        try await probeRead { try await base.events(query) }
    }

    public func makeDueNow(_ request: MakeDueNowRequest) async throws -> Job { try await base.makeDueNow(request) }
    public func takeCalls(_ request: CallRequest) async throws -> CallGrant { try await base.takeCalls(request) }
    public func observations() async throws -> Page<Observation> { try await base.observations() }
    public func recordSweep(_ record: SweepRecord) async throws -> Set<InstanceID> {
        try await base.recordSweep(record)
    }
    public func clock() async throws -> Timestamp? { try await base.clock() }
    public func takeSlot(_ request: SlotRequest) async throws -> Bool { try await base.takeSlot(request) }
    public func takeSingletonLease(_ request: SingletonLeaseRequest) async throws -> Bool {
        try await base.takeSingletonLease(request)
    }
    public func prune(_ request: PruneRequest) async throws -> Pruned { try await base.prune(request) }
    public func bounds() async throws -> LedgerBounds { try await base.bounds() }
    public func nextDue(_ scope: ClaimScope) async throws -> Timestamp? { try await base.nextDue(scope) }

    public func observe(_ observer: @escaping @Sendable ([Event]) -> Void) {
        base.observe(observer)
    }
}
