public import AuraModel
public import JSONRPC

/// `reconcile.run`
public struct ReconcileParameters: Sendable, Codable, PositionalParams {
    /// Only say what would be done; nothing is written or touched.
    public var dryRun: Bool?
    /// Act although there are so many orphans that the database may be an old one.
    public var force: Bool?

    public static let positions = ["dryRun", "force"]
}

/// What one sweep found and did.
public struct ReconcileReport: Sendable, Hashable, Codable {
    public struct Listing: Sendable, Hashable, Codable {
        public var kind: ResourceKind
        public var count: Int
        /// False where the listing failed or cannot be believed: nothing is concluded from what it lacks.
        public var believed: Bool
        public var failure: String?

        public init(kind: ResourceKind, count: Int, believed: Bool, failure: String?) {
            self.kind = kind
            self.count = count
            self.believed = believed
            self.failure = failure
        }
    }

    public enum Verdict: String, Sendable, Hashable, Codable, CaseIterable {
        /// An instance without a machine, and the machine that carries its labels.
        case unknown
        /// It carries our labels, and nobody owns it.
        case orphan
        /// It has our kind of name, and is not provably ours: never touched.
        case foreign
        /// An instance's machine does not exist any more.
        case lost
        /// A lost machine is there again.
        case found
        /// A machine is off whose instance is `running`, or the other way round.
        case drift
    }

    public enum Action: String, Sendable, Hashable, Codable, CaseIterable {
        /// Nothing yet, or nothing at all; `reason` says why.
        case none
        /// Written into its instance's row.
        case adopted
        /// Its power was cut.
        case quarantined
        /// It was deleted.
        case reaped
        /// The instance was marked, and an alert raised.
        case marked
        /// It is due, and over this run's limit.
        case deferred
        /// It was due, and did not succeed; the next run tries again.
        case failed
    }

    public struct Finding: Sendable, Hashable, Codable {
        public var verdict: Verdict
        public var kind: ResourceKind
        public var id: String
        public var name: String
        public var instance: InstanceID?
        /// What was done; in a dry run, what would have been.
        public var action: Action
        public var reason: String
        /// When it was first seen so.
        public var since: Timestamp?

        public init(
            verdict: Verdict, kind: ResourceKind, id: String, name: String, instance: InstanceID?, action: Action,
            reason: String, since: Timestamp?
        ) {
            self.verdict = verdict
            self.kind = kind
            self.id = id
            self.name = name
            self.instance = instance
            self.action = action
            self.reason = reason
            self.since = since
        }
    }

    public var startedAt: Timestamp
    public var tookMs: Int64
    public var dryRun: Bool
    public var listings: [Listing]
    /// Things whose owner knows them.
    public var owned: Int
    /// Things of instances that a job is at work on: not judged.
    public var busy: Int
    public var findings: [Finding]

    public init(
        startedAt: Timestamp, tookMs: Int64, dryRun: Bool, listings: [Listing], owned: Int, busy: Int,
        findings: [Finding]
    ) {
        self.startedAt = startedAt
        self.tookMs = tookMs
        self.dryRun = dryRun
        self.listings = listings
        self.owned = owned
        self.busy = busy
        self.findings = findings
    }
}
