// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// What one sweep found and did.
public struct ReconcileReport: Sendable, Hashable, Codable {
    public var startedAt: Timestamp
    /// In milliseconds.
    public var tookMs: Int64
    /// Whether it only looked.
    public var dryRun: Bool
    /// What it read.
    public var listings: [ReconcileListing]
    /// Things whose owner knows them.
    public var owned: Int
    /// Things of instances that a job is at work on: not judged.
    public var busy: Int
    /// What is not as it should be.
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
