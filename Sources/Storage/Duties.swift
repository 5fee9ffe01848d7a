public import AuraModel

/// Something that one daemon at a time does: `sweep`, `prune`.
public struct DutyRequest: Sendable {
    public var name: String
    /// The daemon's boot id. Whoever has the duty keeps it by asking again.
    public var owner: String
    /// How long the duty is the owner's without another request.
    public var duration: Duration
    public var now: Timestamp

    public init(name: String, owner: String, duration: Duration, now: Timestamp) {
        self.name = name
        self.owner = owner
        self.duration = duration
        self.now = now
    }
}

/// One of the places that a limited driver has, such as `configuration`.
public struct PlaceRequest: Sendable {
    public var held: LeaseExtension.Held
    public var place: String
    /// Jobs that may be at this place at once, in all daemons.
    public var limit: Int

    /// The value of ``Job/waitingFor`` in jobs that wait for such a place. `nil` means that waiting jobs are not
    /// ordered.
    public var waitingFor: String?
    public var now: Timestamp

    /// Waiting jobs that were due before this time and have not asked again are ignored in the order.
    public var oldestWaiting: Timestamp { now + .seconds(-30) }

    public init(
        held: LeaseExtension.Held, place: String, limit: Int, waitingFor: String? = nil,
        now: Timestamp = Timestamp(milliseconds: 0)
    ) {
        self.waitingFor = waitingFor
        self.now = now
        self.held = held
        self.place = place
        self.limit = limit
    }
}

/// Decides whether a job gets a free place of a limited driver. The tenant with the fewest places comes first, then the
/// oldest job.
public struct PlaceChoice: Sendable {
    /// A job at a place, or one that waits for one.
    public struct Party: Sendable, Hashable {
        public var job: JobID
        public var tenant: TenantID

        public init(job: JobID, tenant: TenantID) {
            self.job = job
            self.tenant = tenant
        }
    }

    public var limit: Int
    /// Jobs at the places now, the asking one apart.
    public var holders: [Party]
    /// Other jobs that wait for a place.
    public var waiting: [Party]

    public init(limit: Int, holders: [Party], waiting: [Party]) {
        self.limit = limit
        self.holders = holders
        self.waiting = waiting
    }

    /// Places that one tenant may hold: of more than two, one is kept for the others.
    var tenantLimit: Int { limit > 2 ? limit - 1 : limit }

    /// True if a free place is left for the asking job after all waiting jobs that precede it have got one.
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
