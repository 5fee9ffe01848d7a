public import AuraModel

/// A worker's request to lease jobs.
public struct ClaimRequest: Sendable {
    /// The daemon's boot id.
    public var owner: String
    /// The maximum number of jobs.
    public var limit: Int
    /// The duration of each lease.
    public var lease: Duration
    /// The maximum number of jobs of one tenant in flight (started and not ended), without destroys; `nil` means no
    /// limit.
    public var inFlightPerTenant: Int?
    /// The jobs that the daemon can run.
    public var scope: ClaimScope
    /// The present time.
    public var now: Timestamp

    /// Creates a request.
    public init(
        owner: String, limit: Int, lease: Duration, inFlightPerTenant: Int? = nil, scope: ClaimScope = .everything,
        now: Timestamp
    ) {
        self.owner = owner
        self.limit = limit
        self.lease = lease
        self.inFlightPerTenant = inFlightPerTenant
        self.scope = scope
        self.now = now
    }

    /// The maximum plausible time until a job is due or its lease ends. Waits are at most a day, and clocks differ a
    /// little. A row with a later time was written while a clock was wrong; a claim makes its job due.
    public static let mostAhead = Duration.seconds(25 * 3600)

    /// The latest plausible due time or end of a lease. A claim makes jobs with a later one due.
    public var horizon: Timestamp { now + Self.mostAhead }

    /// The result of the read before a claim. If both members are false, nothing is written.
    public struct Outlook: Sendable {
        /// True if a job of the scope is due, or its lease has expired.
        public var isDue: Bool
        /// True if a job is due, or its lease ends, after the horizon.
        public var isAhead: Bool

        /// Creates a result.
        public init(isDue: Bool, isAhead: Bool) {
            self.isDue = isDue
            self.isAhead = isAhead
        }
    }

    /// Returns the number of new jobs to claim if this number of started and new jobs is due.
    ///
    /// Started jobs come first, but do not starve new ones. A quarter of the limit is reserved for new jobs: at least
    /// one job if the limit is more than one.
    public func placesForNew(startedDue: Int, newDue: Int) -> Int {
        let reserved = limit > 1 ? max(limit / 4, 1) : 0
        return min(newDue, max(limit - startedDue, reserved))
    }
}

/// A leased job, with all rows that a decision needs.
public struct Claim: Sendable {
    /// The job, with the epoch of this lease.
    public var job: Job
    /// The job's instance.
    public var instance: Instance
    /// The steps that were begun; empty if the job was superseded, because its worker only ends it.
    public var steps: [StepRecord]

    /// Creates a claim.
    public init(job: Job, instance: Instance, steps: [StepRecord]) {
        self.job = job
        self.instance = instance
        self.steps = steps
    }
}

/// The result of a claim.
public struct Claimed: Sendable {
    /// The leased jobs.
    public var claims: [Claim]
    /// Due jobs that cannot be read: the job's row, its instance or one of its steps. No worker holds them.
    public var unreadable: [UnreadableRow]

    /// Creates a result.
    public init(claims: [Claim] = [], unreadable: [UnreadableRow] = []) {
        self.claims = claims
        self.unreadable = unreadable
    }
}

/// A request to extend leases.
public struct LeaseExtension: Sendable {
    /// A lease that the worker holds.
    public struct Held: Sendable, Hashable {
        /// The leased job.
        public var job: JobID
        /// The epoch of the lease.
        public var epoch: Int64

        /// Creates the identity of a lease.
        public init(job: JobID, epoch: Int64) {
            self.job = job
            self.epoch = epoch
        }
    }

    /// The leases to extend.
    public var held: [Held]
    /// The new duration, from `now`.
    public var lease: Duration
    /// The present time.
    public var now: Timestamp

    /// Creates a request.
    public init(held: [Held], lease: Duration, now: Timestamp) {
        self.held = held
        self.lease = lease
        self.now = now
    }
}

/// A lease that is still held.
public struct LeaseState: Sendable, Hashable {
    /// The leased job.
    public var job: JobID
    /// The epoch of the lease.
    public var epoch: Int64
    /// The requested cancellation of the job; `nil` if there is none.
    public var cancellation: Cancellation?

    /// Creates a state.
    public init(job: JobID, epoch: Int64, cancellation: Cancellation?) {
        self.job = job
        self.epoch = epoch
        self.cancellation = cancellation
    }
}

/// A worker's decision: the new rows and their events. They are written in one transaction.
public struct Transition: Sendable {
    /// The row to write, matched by id and epoch. Its `cancellation` is not written, since only other callers set it.
    public var job: Job
    /// True if the worker releases the job.
    public var releasesLease: Bool
    /// The steps that changed.
    public var steps: [StepRecord]
    /// The instance, if it changed. Its `desired` is not written, since only operations set it.
    public var instance: Instance?
    /// The events of the transition.
    public var events: [EventDraft]
    /// The number of the transition within its lease, from 1; 0 if the transition is never repeated.
    ///
    /// If the outcome of a write is unknown, the transition may be sent again. A shared store that has committed it
    /// already returns normally and changes nothing. The SQLite store ignores the number.
    public var number: Int64 = 0

    /// Creates a transition with ``number`` 0. Set another number if the transition may be sent again.
    public init(
        job: Job, releasesLease: Bool = false, steps: [StepRecord] = [], instance: Instance? = nil,
        events: [EventDraft] = []
    ) {
        self.job = job
        self.releasesLease = releasesLease
        self.steps = steps
        self.instance = instance
        self.events = events
    }
}

/// The result of a transition that was committed.
public struct Applied: Sendable, Hashable {
    /// The `seq` of the transition's last event. If the transition has no events, or was already committed, the
    /// `seq` of the ledger's newest event at that time.
    public var seq: Int64
    /// The cancellation that was requested meanwhile; `nil` if there is none.
    public var cancellation: Cancellation?

    /// Creates a result.
    public init(seq: Int64, cancellation: Cancellation?) {
        self.seq = seq
        self.cancellation = cancellation
    }
}

/// A request that a job ends early.
public struct CancellationRequest: Sendable {
    /// The job.
    public var job: JobID
    /// The tenants whose jobs the caller may cancel.
    public var scope: TenantScope
    /// The caller that requests the cancellation.
    public var principal: PrincipalID?
    /// The present time.
    public var now: Timestamp
    /// The entry of the audit, which the transaction completes and writes; `nil` for no entry.
    public var audit: AuditDraft?

    /// Creates a request.
    public init(job: JobID, in scope: TenantScope, principal: PrincipalID? = nil, now: Timestamp) {
        self.job = job
        self.scope = scope
        self.principal = principal
        self.now = now
    }
}

/// A request to make a waiting job due now, because the cause of its wait was removed.
public struct MakeDueNowRequest: Sendable {
    /// The job.
    public var job: JobID
    /// The tenants whose jobs the caller may change.
    public var scope: TenantScope
    /// The caller that makes the request.
    public var principal: PrincipalID?
    /// The present time.
    public var now: Timestamp
    /// The entry of the audit, which the transaction completes and writes; `nil` for no entry.
    public var audit: AuditDraft?

    /// Creates a request.
    public init(job: JobID, in scope: TenantScope, principal: PrincipalID? = nil, now: Timestamp) {
        self.job = job
        self.scope = scope
        self.principal = principal
        self.now = now
    }
}
