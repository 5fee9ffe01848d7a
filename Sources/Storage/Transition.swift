public import AuraModel

/// What a worker may lease.
public struct ClaimRequest: Sendable {
    /// The daemon's boot id.
    public var owner: String
    public var limit: Int
    public var lease: Duration
    /// Jobs of one tenant that may be in flight at once, destroys apart: started, and not ended. None means any number.
    public var inFlightPerTenant: Int?
    public var scope: ClaimScope
    public var now: Timestamp

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

    /// No wait and no lease is longer: backoffs have at most a day, and clocks differ a little. Rows that are further ahead were written
    /// while a clock was wrong; a claim makes them due.
    public static let mostAhead = Duration.seconds(25 * 3600)

    /// The latest time that a row may have. What is later is as good as now.
    public var horizon: Timestamp { now + Self.mostAhead }

    /// What a look beside the writer found, so that an idle engine costs no commit.
    public struct Outlook: Sendable {
        /// Whether a job may be claimed.
        public var isDue: Bool
        /// Whether a row is further ahead than ``horizon``.
        public var isAhead: Bool

        public init(isDue: Bool, isAhead: Bool) {
            self.isDue = isDue
            self.isAhead = isAhead
        }
    }

    /// How many of the places new jobs may take while started ones are due as well.
    ///
    /// Started jobs come first, but neither kind starves the other: new jobs keep a quarter, and at least one place in
    /// more than one.
    public func placesForNew(startedDue: Int, newDue: Int) -> Int {
        let reserved = limit > 1 ? max(limit / 4, 1) : 0
        return min(newDue, max(limit - startedDue, reserved))
    }
}

/// A job that a worker leased, with all that a decision needs.
public struct Claim: Sendable {
    public var job: Job
    public var instance: Instance
    public var steps: [StepRecord]

    public init(job: Job, instance: Instance, steps: [StepRecord]) {
        self.job = job
        self.instance = instance
        self.steps = steps
    }
}

/// What a claim brought.
public struct Claimed: Sendable {
    public var claims: [Claim]
    /// Jobs that were due and cannot be read: themselves, their instance or one of their steps. Nobody holds them.
    public var unreadable: [UnreadableRow]

    public init(claims: [Claim] = [], unreadable: [UnreadableRow] = []) {
        self.claims = claims
        self.unreadable = unreadable
    }
}

/// A request to keep leases.
public struct LeaseExtension: Sendable {
    public struct Held: Sendable, Hashable {
        public var job: JobID
        public var epoch: Int64

        public init(job: JobID, epoch: Int64) {
            self.job = job
            self.epoch = epoch
        }
    }

    public var held: [Held]
    public var lease: Duration
    public var now: Timestamp

    public init(held: [Held], lease: Duration, now: Timestamp) {
        self.held = held
        self.lease = lease
        self.now = now
    }
}

/// A lease that is still held.
public struct LeaseState: Sendable, Hashable {
    public var job: JobID
    public var epoch: Int64
    public var cancellation: Cancellation?

    public init(job: JobID, epoch: Int64, cancellation: Cancellation?) {
        self.job = job
        self.epoch = epoch
        self.cancellation = cancellation
    }
}

/// What a worker decided: the rows as they shall be, and the events that say so. All or nothing.
public struct Transition: Sendable {
    /// Matched by id and epoch. Its `cancellation` is not written: others own it.
    public var job: Job
    /// Whether the worker lets go of the job.
    public var releasesLease: Bool
    public var steps: [StepRecord]
    /// Its `desired` is not written: the owner's calls own it.
    public var instance: Instance?
    public var events: [EventDraft]
    /// Counts the transitions of one lease from 1, so that one whose answer was lost may be sent again: a store that has it
    /// already answers as before and changes nothing. 0 where nobody repeats it.
    public var number: Int64 = 0

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

/// A transition that committed.
public struct Applied: Sendable, Hashable {
    /// The `seq` of its last event, or of the newest event where it had none.
    public var seq: Int64
    /// What others have asked of the job meanwhile.
    public var cancellation: Cancellation?

    public init(seq: Int64, cancellation: Cancellation?) {
        self.seq = seq
        self.cancellation = cancellation
    }
}

/// A wish that a job end early.
public struct CancellationRequest: Sendable {
    public var job: JobID
    public var now: Timestamp

    public init(job: JobID, now: Timestamp) {
        self.job = job
        self.now = now
    }
}

/// A wish that a job that waits go on now: somebody repaired what was in its way.
public struct HastenRequest: Sendable {
    public var job: JobID
    public var now: Timestamp

    public init(job: JobID, now: Timestamp) {
        self.job = job
        self.now = now
    }
}
