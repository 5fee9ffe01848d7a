public import AuraModel

/// A request for a singleton lease: the right of one daemon at a time to a periodic task, such as `sweep` or `prune`.
public struct SingletonLeaseRequest: Sendable {
    /// The name of the task.
    public var name: String
    /// The daemon's boot id. The owner keeps the lease by requesting it again.
    public var owner: String
    /// The duration of the lease, from `now`.
    public var duration: Duration
    /// The present time.
    public var now: Timestamp

    /// Creates a request.
    public init(name: String, owner: String, duration: Duration, now: Timestamp) {
        self.name = name
        self.owner = owner
        self.duration = duration
        self.now = now
    }
}

/// A request for a concurrency slot of a limited driver, such as `configuration`.
public struct SlotRequest: Sendable {
    /// The job and the epoch of its lease.
    public var held: LeaseExtension.Held
    /// The name of the driver.
    public var slot: String
    /// The number of slots, for all daemons together.
    public var limit: Int

    /// The value of `Job.waitingFor` in jobs that wait for such a slot. If it is `nil`, waiting jobs are ignored.
    public var waitingFor: String?
    /// The present time.
    public var now: Timestamp

    /// A waiting job that became due before this time, 30 s ago, and has not asked again does not precede other jobs.
    public var oldestWaiting: Timestamp { now + .seconds(-30) }

    /// Creates a request.
    public init(
        held: LeaseExtension.Held, slot: String, limit: Int, waitingFor: String? = nil,
        now: Timestamp = Timestamp(milliseconds: 0)
    ) {
        self.waitingFor = waitingFor
        self.now = now
        self.held = held
        self.slot = slot
        self.limit = limit
    }
}

/// Decides whether a job gets a free slot of a limited driver. The tenant with the fewest slots comes first, then the
/// oldest job.
public struct SlotChoice: Sendable {
    /// A job that holds a slot or waits for one.
    public struct Party: Sendable, Hashable {
        /// The job's id.
        public var job: JobID
        /// The tenant of the job's instance.
        public var tenant: TenantID

        /// Creates a party.
        public init(job: JobID, tenant: TenantID) {
            self.job = job
            self.tenant = tenant
        }
    }

    /// The number of slots.
    public var limit: Int
    /// The jobs that hold a slot now, without the asking job.
    public var holders: [Party]
    /// Other jobs that wait for a slot.
    public var waiting: [Party]

    /// Creates a choice.
    public init(limit: Int, holders: [Party], waiting: [Party]) {
        self.limit = limit
        self.holders = holders
        self.waiting = waiting
    }

    /// The number of slots that one tenant may hold: one fewer than ``limit`` if there are more than two slots.
    var tenantLimit: Int { limit > 2 ? limit - 1 : limit }

    /// Returns true if the tenant may hold another slot, and fewer waiting jobs precede the asking job than slots are
    /// free.
    public func admits(_ asking: Party) -> Bool {
        let free = limit - holders.count
        let held = { (tenant: TenantID) in holders.count { $0.tenant == tenant } }
        guard free > 0, held(asking.tenant) < tenantLimit else { return false }
        let own = (held(asking.tenant), asking.job.text)
        let before = waiting.count { party in
            let theirs = held(party.tenant)
            return theirs < tenantLimit && (theirs, party.job.text) < own
        }
        return before < free
    }
}
