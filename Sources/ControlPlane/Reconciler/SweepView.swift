import AuraModel
import Storage

/// The result of one listing.
struct Listing: Sendable {
    var kind: ResourceKind
    var things: [Thing] = []
    /// Why the listing is not complete.
    var failure: Failure?
}

/// The input of a sweep.
struct SweepView: Sendable {
    var listings: [Listing]
    /// Instances that are not destroyed. They are read after the listings, so that every listed resource has its row.
    var live: [Instance]
    /// Instances with an active job: queued, running, waiting or compensating.
    var busy: Set<InstanceID>
    /// Instances with a row that cannot be read. Their resources may be owned, so none of them is touched.
    /// Instances of a kind that this version does not know are among them.
    var unreadable: Set<InstanceID> = []
    /// Outside names of destroyed instances.
    var formerNames: Set<String> = []
    var sightings: [Sighting]
    var now: Timestamp
}
