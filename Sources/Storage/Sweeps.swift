public import AuraModel

/// What a sweep keeps in mind of one thing in the outside world until it is settled.
///
/// A thing of ours without an owner, or a machine that should be there and is not, is judged by several sweeps, not by one.
public struct Sighting: Sendable, Hashable, Codable {
    /// `kind` and `id` together name a thing.
    public struct Key: Sendable, Hashable, Codable {
        public var kind: ResourceKind
        public var id: String

        public init(kind: ResourceKind, id: String) {
            self.kind = kind
            self.id = id
        }
    }

    public enum Finding: String, Sendable, Hashable, Codable {
        /// It exists, and nobody owns it.
        case orphan
        /// Somebody owns it, and it does not exist.
        case missing
        /// A listing that cannot be believed; its id is ``listing``.
        case suspectListing
    }

    /// The id of what is said of a whole listing.
    public static let listing = "listing"

    public var key: Key
    public var finding: Finding
    public var name: String
    /// Whose it is or was, as far as it says.
    public var instance: InstanceID?
    /// When it was first seen so.
    public var since: Timestamp
    /// Listings in a row that said so.
    public var listings: Int
    /// When its power was cut, or was to be cut.
    public var quarantinedAt: Timestamp?
    /// Tries to cut its power or to delete it that failed in a row.
    public var failures: Int?
    /// When the next such try is due, after one that failed.
    public var retryAt: Timestamp?

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

/// What one sweep writes, in one transaction.
public struct SweepRecord: Sendable {
    /// A change of an instance that no job is at work on.
    public struct Change: Sendable {
        /// As it shall be; its `desired` is not written.
        public var instance: Instance
        /// The `updatedAt` of the row that the change was decided by.
        public var seen: Timestamp
        /// Written only where the change is.
        public var events: [EventDraft]

        public init(instance: Instance, seen: Timestamp, events: [EventDraft]) {
            self.instance = instance
            self.seen = seen
            self.events = events
        }
    }

    public var kept: [Sighting]
    public var forgotten: [Sighting.Key]
    public var changes: [Change]
    public var events: [EventDraft]

    public init(
        kept: [Sighting] = [], forgotten: [Sighting.Key] = [], changes: [Change] = [], events: [EventDraft] = []
    ) {
        self.kept = kept
        self.forgotten = forgotten
        self.changes = changes
        self.events = events
    }

    public var isEmpty: Bool { kept.isEmpty && forgotten.isEmpty && changes.isEmpty && events.isEmpty }
}
