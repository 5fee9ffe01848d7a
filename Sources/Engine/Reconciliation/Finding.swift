public import AuraModel

/// A difference between the resources at the providers and the rows of the database, and the action on it.
public struct Finding: Sendable, Hashable {
    /// The judgement about a resource.
    public enum Verdict: String, Sendable, Hashable, CaseIterable {
        /// The resource has the labels and the name of an instance that does not record it.
        case unknown
        /// No instance owns the resource.
        case orphan
        /// The resource's name has the form of Aura's names, but nothing proves that Aura created the resource. It is
        /// never changed.
        case foreign
        /// The inventory lacks a resource that an instance must have.
        case lost
        /// A resource that counted as lost is listed again.
        case found
        /// The resource's power state differs from the phase of its instance.
        case drift
    }

    /// The action that the sweep took, or would take in a dry run.
    public enum Action: String, Sendable, Hashable, CaseIterable {
        /// Nothing was changed.
        case none
        /// The instance records the resource from now on.
        case adopted
        /// The resource's power was cut.
        case quarantined
        /// The resource was deleted.
        case reaped
        /// The action is due, but is left to a later sweep.
        case deferred
        /// The row of the instance was changed.
        case marked
        /// The action failed, for example because the provider refused it or did not reply.
        case failed
    }

    /// The judgement.
    public var verdict: Verdict
    /// The kind of the resource.
    public var kind: ResourceKind
    /// The provider's id of the resource.
    public var id: String
    /// The name of the resource.
    public var name: String
    /// The instance that is named in the resource's labels, or that has lost the resource.
    public var instance: InstanceID?
    /// The action on the resource.
    public var action: Action
    /// The cause, as text for people.
    public var reason: String
    /// The time of the first observation of the difference; `nil` if the verdict needs only one inventory.
    public var since: Timestamp?
}

/// The result of one sweep.
public struct SweepReport: Sendable {
    /// The inventory of one kind of resource.
    public struct Listing: Sendable {
        /// The kind.
        public var kind: ResourceKind
        /// The number of listed resources.
        public var count: Int
        /// True if the inventory is complete and plausible.
        public var isBelieved: Bool
        /// The failure of the provider, for people; `nil` if the inventory is complete.
        public var failure: String?
    }

    /// The time at which the sweep began.
    public var startedAt: Timestamp
    /// The duration of the sweep.
    public var took: Duration
    /// True if nothing was changed.
    public var isDryRun: Bool
    /// One entry for each source.
    public var listings: [Listing]
    /// The number of resources that belong to a known instance.
    public var owned: Int
    /// The number of resources that were not judged: their instance has an active job, an unreadable row or an
    /// unexpected kind, or they are being deleted.
    public var busy: Int
    /// The differences that the sweep found.
    public var findings: [Finding]
}
