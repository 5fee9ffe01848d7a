import AuraModel
import Storage

/// What one listing showed.
struct Listing: Sendable {
    var kind: ResourceKind
    var things: [Thing] = []
    /// Why it is not complete.
    var failure: Failure?
}

/// All that a sweep decides by.
struct SweepView: Sendable {
    var listings: [Listing]
    /// Instances that are not destroyed, read after the listings: whatever was listed has its row by then.
    var live: [Instance]
    /// Instances that a job is at work on, or waits to be.
    var busy: Set<InstanceID>
    /// Instances of which a row cannot be read. Nothing of theirs is touched: it may be owned.
    var unreadable: Set<InstanceID> = []
    /// Outside names of instances that are destroyed.
    var formerNames: Set<String> = []
    var sightings: [Sighting]
    var now: Timestamp
}
