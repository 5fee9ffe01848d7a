public import AuraModel
import Locking
public import Logging
public import ServiceLifecycle
public import Storage

/// Works off jobs: claims what is due, runs its steps, keeps its leases.
///
/// One per daemon. It ends when the process is asked to shut down gracefully: running steps are interrupted and their
/// jobs handed back, which costs them no try.
public final class JobEngine: Service {
    let store: any Store
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
    private let nudge = Nudge()

    public init(
        store: any Store, catalogue: JobCatalogue, settings: EngineSettings, time: any TimeSource,
        random: any RandomSource, faults: RowFaults? = nil, logger: Logger
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

    /// Jobs that a worker of this daemon holds now.
    public var jobsRunning: Int { runs.withLock { $0.count } }

    /// Whether it claims no more jobs, since the daemon goes down.
    var isDraining: Bool { draining.withLock { $0 } }

    /// Whether it holds no job, and waits for the next look.
    var isAtRest: Bool { runs.withLock { $0.isEmpty && nudge.isAwaited } }

    /// The runs of this daemon, in the order of their jobs' ids, so that a simulation goes the same way twice.
    var present: [JobRun] {
        runs.withLock { $0.values.sorted { $0.held.job.text < $1.held.job.text } }
    }

    /// Looks for due jobs now: one was just written.
    public func wake() {
        nudge.send()
    }

    /// Tells the worker of a job, if it is here, that somebody asked it to end.
    public func noteCancellation(of job: JobID) {
        runs.withLock { $0[job] }?.stop.send(.cancellation)
        nudge.send()
    }

    /// Takes note of what the ledger says, whichever daemon wrote it: new work, and wishes that concern jobs here.
    public func note(_ events: [Event]) {
        for event in events {
            switch event.entry.type {
            case .jobQueued:
                // Beside a job at work only a destroy is queued, and that takes over.
                let run = runs.withLock { runs in runs.values.first { $0.instance == event.entry.instance } }
                if let run, run.held.job != event.entry.job { run.stop.send(.cancellation) }
                nudge.send()
            case .jobRetryRequested:
                nudge.send()
            case .jobCancelRequested:
                if let job = event.entry.job { noteCancellation(of: job) }
            case .jobSucceeded, .jobFailed, .jobCancelled:
                // It may have made room: for a job that waits for its end, or within its tenant's limit.
                nudge.send()
            default:
                continue
            }
        }
    }

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
        nudge.send()
    }

    /// Claims and runs until the daemon drains, and then until the last run has let go.
    private func workOff() async throws {
        await withDiscardingTaskGroup { group in
            while !isDraining, !Task.isCancelled {
                let before = time.uptime()
                let claimed = await claimDue()
                for claim in claimed?.claims ?? [] { start(claim, leaseEnd: before + settings.lease, in: &group) }
                if claimed?.claims.isEmpty == false { continue }
                // A store that does not answer now, or brings only what nobody can read, is not asked about the next moment either, but
                // after a nap.
                let nap = claimed?.unreadable.isEmpty == true ? await untilNextLook() : settings.longestNap
                await nudge.wait(atMost: nap, time: time)
            }
        }
    }

    /// None where the store could not be asked.
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

    /// What can be worked on now.
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
        // A lease that ran out unnoticed may have brought a job here a second time.
        let former = runs.withLock { $0.updateValue(run, forKey: claim.job.id) }
        former?.stop.send(.leaseLost)
        if isDraining { run.stop.send(.drain) }
        group.addTask {
            await run.work()
            if run.isForeign { self.setAside.add([claim.job.id]) }
            self.runs.withLock { runs in
                if runs[claim.job.id] === run { runs[claim.job.id] = nil }
                // As one: nobody finds the engine at rest in between.
                self.nudge.send()
            }
        }
    }

    /// How long nothing can become due, as far as the store knows now.
    private func untilNextLook() async -> Duration {
        guard runs.withLock({ $0.count }) < settings.workers, let due = try? await store.nextDue(presentScope)
        else {
            return settings.longestNap
        }
        return min(max(due - time.now(), .milliseconds(1)), settings.longestNap)
    }
}

/// How the engine works.
public struct EngineSettings: Sendable {
    /// This daemon's boot id.
    public var owner: String
    /// Jobs that may run at once. Jobs that wait do not count.
    public var workers: Int
    public var claimBatch: Int
    public var lease: Duration
    public var heartbeat: Duration
    /// A look at the store at least so often, whatever is known.
    public var longestNap: Duration
    /// Jobs of one tenant that may be in flight at once, destroys apart, in all daemons; none means any number.
    public var jobsPerTenant: Int?
    public var retries: RetryPolicy
    /// So long before its end a lease counts as over: a call to the outside that begins before that has time to arrive.
    var leaseMargin: Duration { min(lease / 6, .seconds(5)) }

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
