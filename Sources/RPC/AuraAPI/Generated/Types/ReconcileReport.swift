// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// The findings and actions of one sweep.
public struct ReconcileReport: Sendable, Hashable, Codable {
    /// The time at which the sweep started.
    public var startedAt: Timestamp
    /// The duration of the sweep, in milliseconds.
    public var tookMs: Int64
    /// True if the sweep was a dry run.
    public var dryRun: Bool
    /// The listings that the sweep read, one for each kind of resource.
    public var listings: [ReconcileListing]
    /// The number of resources that belong to a known instance.
    public var owned: Int
    /// The number of resources that were not judged: a job works on their instance, they are being deleted, or their
    /// instance cannot be read.
    public var busy: Int
    /// The differences between the providers' resources and the database.
    public var findings: [ReconcileFinding]

    public init(
        startedAt: Timestamp, tookMs: Int64, dryRun: Bool, listings: [ReconcileListing], owned: Int, busy: Int,
        findings: [ReconcileFinding]
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
