public import AuraModel
import Locking
public import Logging
public import ServiceLifecycle
public import Storage

/// Claims due jobs, runs their steps and extends their leases.
///
/// A daemon has one engine. The engine ends at a graceful shutdown: it interrupts running steps and releases their
/// jobs. An interrupted step does not lose a try. If the store does not commit the release within a few seconds, the
/// job stays leased, as after a crash.
public final class JobEngine: Service {
    let store: any JobStore & InstanceStore & Coordination
    let catalogue: JobCatalogue
    let settings: EngineSettings
    let time: any TimeSource
    let random: any RandomSource
    let logger: Logger
    let runs = Locked<[JobID: JobRun]>([:])
    private let draining = Locked(false)
    private let faults: RowFaults
    private let setAside: SetAside
    private let scope: ClaimScope
    private let signal = AutoResetSignal()
    /// An upper bound of the difference between the clocks of a daemon and its database.
    private static let certainlyDue = Duration.milliseconds(250)

    /// Creates an engine. `faults` logs unreadable rows; if it is `nil`, the engine creates its own.
    public init(
        store: any JobStore & InstanceStore & Coordination, catalogue: JobCatalogue, settings: EngineSettings,
        time: any TimeSource, random: any RandomSource, faults: RowFaults? = nil, logger: Logger
    ) {
        self.store = store
        self.catalogue = catalogue
        self.settings = settings
        self.time = time
        self.random = random
        self.logger = logger
        self.faults = faults ?? RowFaults(logger: logger)
        setAside = SetAside(time: time)
        scope = catalogue.scope
    }

    /// The number of jobs that this daemon's workers hold now.
    public var jobsRunning: Int { runs.withLock { $0.count } }

    /// True if the engine claims no more jobs because the daemon is shutting down.
    var isDraining: Bool { draining.withLock { $0 } }

    /// True if the engine holds no job and waits for its next check of the store.
    var isAtRest: Bool { runs.withLock { $0.isEmpty && signal.isAwaited } }

    /// The runs of this daemon, ordered by job id so that a simulation is repeatable.
    var present: [JobRun] {
        runs.withLock { $0.values.sorted { $0.held.job.text < $1.held.job.text } }
    }

    /// Makes the engine check for due jobs now. Call it after a job was written.
    public func wake() {
        signal.send()
    }

    /// Signals the job's worker, if this daemon has it, that the job's cancellation was requested.
    public func noteCancellation(of job: JobID) {
        runs.withLock { $0[job] }?.stop.send(.cancellation)
        signal.send()
    }

    /// Reacts to events of the ledger from any daemon: new work, and requests that concern jobs of this daemon.
    public func note(_ events: [Event]) {
        for event in events {
            switch event.entry.type {
            case .jobQueued:
                // While a job is in flight, only a destroy can be queued for the same instance, and it supersedes that
                // job.
                let run = runs.withLock { runs in runs.values.first { $0.instance == event.entry.instance } }
                if let run, run.held.job != event.entry.job { run.stop.send(.cancellation) }
                signal.send()
            case .jobRetryRequested:
                // The row of the job may have been repaired.
                if let job = event.entry.job { setAside.remove(job) }
                signal.send()
            case .jobCancelRequested:
                if let job = event.entry.job { noteCancellation(of: job) }
            case .jobSucceeded, .jobFailed, .jobCancelled:
                // A job that waits for this job may start now. So may a job that was held back by the tenant's limit.
                signal.send()
            default:
                continue
            }
        }
    }

    /// Runs the engine until a graceful shutdown or until the task is cancelled.
    public func run() async throws {
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.keepLeases() }
                group.addTask { try await self.watchRuns() }
                group.addTask { try await self.workOff() }
                _ = try await group.next()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.drain()
        }
    }

    private func drain() {
        draining.withLock { $0 = true }
        for run in present { run.stop.send(.drain) }
        signal.send()
    }

    /// Claims and runs jobs until the daemon drains, then waits until the last run has released its job.
    private func workOff() async throws {
        await withDiscardingTaskGroup { group in
            while !isDraining, !Task.isCancelled {
                let (before, asked) = (time.uptime(), time.now())
                let claimed = await claimDue()
                for claim in claimed?.claims ?? [] { start(claim, leaseEnd: before + settings.lease, in: &group) }
                if claimed?.claims.isEmpty == false { continue }
                // After a claim that failed or returned only unreadable rows, the loop waits for `longestNap` before
                // the next claim.
                let nap = claimed?.unreadable.isEmpty == true ? await untilNextLook(asked) : settings.longestNap
                await signal.wait(atMost: nap, time: time)
            }
        }
    }

    /// Claims due jobs for the free workers. Returns `nil` if the store failed.
    private func claimDue() async -> Claimed? {
        let free = settings.workers - runs.withLock { $0.count }
        guard free > 0 else { return Claimed() }
        let request = ClaimRequest(
            owner: settings.owner, limit: min(free, settings.claimBatch), lease: settings.lease,
            inFlightPerTenant: settings.jobsPerTenant, scope: presentScope, now: time.now())
        do {
            let claimed = try await store.claim(request)
            faults.note(claimed.unreadable)
            setAside.add(claimed.unreadable.map { JobID($0.id) })
            return claimed
        } catch {
            logger.error("cannot claim jobs: \(error)")
            return nil
        }
    }

    /// The jobs that can be claimed now.
    private var presentScope: ClaimScope {
        var scope = scope
        scope.setAside = setAside.jobs
        return scope
    }

    private func start(_ claim: Claim, leaseEnd: Duration, in group: inout DiscardingTaskGroup) {
        guard let definition = catalogue.definition(of: claim.job) ?? .ending(claim.job) else {
            logger.critical("claimed job \(claim.job.id), and has no definition \(claim.job.definition)")
            return
        }
        let run = JobRun(
            claim: claim, definition: definition, policy: settings.retries,
            environment: JobRun.Environment(
                store: store, time: time, random: random, lease: settings.lease, leaseMargin: settings.leaseMargin,
                logger: logger),
            leaseEnd: leaseEnd)
        // If a lease expired unnoticed, this daemon may have claimed the same job a second time.
        let former = runs.withLock { $0.updateValue(run, forKey: claim.job.id) }
        former?.stop.send(.leaseLost)
        if isDraining { run.stop.send(.drain) }
        group.addTask {
            await run.work()
            if run.isForeign { self.setAside.add([claim.job.id]) }
            self.runs.withLock { runs in
                if runs[claim.job.id] === run { runs[claim.job.id] = nil }
                // Under the same lock, so that ``isAtRest`` is never true before the signal.
                self.signal.send()
            }
        }
    }

    /// Returns the time until the next job may become due, as far as the store knows, at most
    /// ``EngineSettings/longestNap``.
    ///
    /// `asked` is the time of the last claim, which returned no job. A job that was already due then cannot be claimed
    /// now, because its tenant has reached its limit of jobs in flight. The end of a job of that tenant wakes the
    /// engine.
    private func untilNextLook(_ asked: Timestamp) async -> Duration {
        guard runs.withLock({ $0.count }) < settings.workers, let due = try? await store.nextDue(presentScope)
        else {
            return settings.longestNap
        }
        if due + Self.certainlyDue < asked { return settings.longestNap }
        return min(max(due - time.now(), .milliseconds(1)), settings.longestNap)
    }
}

/// The settings of the engine.
public struct EngineSettings: Sendable {
    /// The owner of the leases: this daemon's boot id.
    public var owner: String
    /// The number of jobs that this daemon may run at once. Waiting jobs do not count.
    public var workers: Int
    /// The largest number of jobs in one claim.
    public var claimBatch: Int
    /// The duration of a lease.
    public var lease: Duration
    /// The time between two extensions of the leases.
    public var heartbeat: Duration
    /// The longest time between two checks for due jobs.
    public var longestNap: Duration
    /// The number of jobs of one tenant that may be in flight at once over all daemons. Destroys do not count. `nil`
    /// means no limit.
    public var jobsPerTenant: Int?
    /// The backoffs and the number of tries.
    public var retries: RetryPolicy
    /// The time before a lease's end at which the engine already treats the lease as expired. A call to a provider that
    /// begins before that still has time to arrive.
    var leaseMargin: Duration { min(lease / 6, .seconds(5)) }

    /// Creates settings; each parameter except `owner` has the default of production.
    public init(
        owner: String, workers: Int = 64, claimBatch: Int = 32, lease: Duration = .seconds(30),
        heartbeat: Duration = .seconds(10), longestNap: Duration = .seconds(2), jobsPerTenant: Int? = nil,
        retries: RetryPolicy = RetryPolicy()
    ) {
        self.owner = owner
        self.workers = workers
        self.claimBatch = claimBatch
        self.lease = lease
        self.heartbeat = heartbeat
        self.longestNap = longestNap
        self.jobsPerTenant = jobsPerTenant
        self.retries = retries
    }
}
