public import AuraModel

/// A sweep's observation of a resource at a provider, stored until it is settled.
///
/// Several sweeps must agree before a resource without an owner is removed, or before a missing machine counts as lost.
public struct Observation: Sendable, Hashable, Codable {
    /// The identity of a resource: its kind and its id.
    public struct Key: Sendable, Hashable, Codable {
        /// The kind of resource.
        public var kind: ResourceKind
        /// The provider's id of the resource.
        public var id: String

        /// Creates a key.
        public init(kind: ResourceKind, id: String) {
            self.kind = kind
            self.id = id
        }
    }

    /// The result of the comparison with the database.
    public enum Finding: String, Sendable, Hashable, Codable {
        /// The resource exists, and no instance owns it.
        case orphan
        /// An instance records the resource, and the provider does not list it.
        case missing
        /// The inventory of the kind is not plausible. The observation's id is ``listing``.
        case suspectListing
    }

    /// The id of an observation that concerns a whole inventory.
    public static let listing = "listing"

    /// The resource.
    public var key: Key
    /// The result of the last comparison.
    public var finding: Finding
    /// The name of the resource.
    public var name: String
    /// The instance that owns or owned the resource; `nil` if it is not known.
    public var instance: InstanceID?
    /// The time at which a sweep first made this observation.
    public var since: Timestamp
    /// The number of consecutive inventories with this finding.
    public var listings: Int
    /// The time at which a sweep first decided to power the resource off; `nil` before that.
    public var quarantinedAt: Timestamp?
    /// The number of failed attempts so far to power the resource off or to delete it; `nil` if none failed.
    public var failures: Int?
    /// The time at which the next attempt is due, after a failed attempt.
    public var retryAt: Timestamp?

    /// Creates an observation.
    public init(
        key: Key, finding: Finding, name: String, instance: InstanceID?, since: Timestamp, listings: Int = 1,
        quarantinedAt: Timestamp? = nil
    ) {
        self.key = key
        self.finding = finding
        self.name = name
        self.instance = instance
        self.since = since
        self.listings = listings
        self.quarantinedAt = quarantinedAt
    }
}

/// The results of one sweep, written in one transaction.
public struct SweepRecord: Sendable {
    /// A change of an instance that has no active job.
    public struct Change: Sendable {
        /// The new state of the instance. Its `desired` is not written.
        public var instance: Instance
        /// The `updatedAt` of the row from which the change was decided.
        public var seen: Timestamp
        /// Events that are written only if the change is written.
        public var events: [EventDraft]

        /// Creates a change.
        public init(instance: Instance, seen: Timestamp, events: [EventDraft]) {
            self.instance = instance
            self.seen = seen
            self.events = events
        }
    }

    /// Observations to store.
    public var kept: [Observation]
    /// Observations to delete.
    public var forgotten: [Observation.Key]
    /// Changes of instances.
    public var changes: [Change]
    /// Events that are written in any case.
    public var events: [EventDraft]

    /// Creates a record.
    public init(
        kept: [Observation] = [], forgotten: [Observation.Key] = [], changes: [Change] = [], events: [EventDraft] = []
    ) {
        self.kept = kept
        self.forgotten = forgotten
        self.changes = changes
        self.events = events
    }

    /// True if there is nothing to write.
    public var isEmpty: Bool { kept.isEmpty && forgotten.isEmpty && changes.isEmpty && events.isEmpty }
}
