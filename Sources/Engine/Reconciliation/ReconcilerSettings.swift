/// The limits and intervals of the sweep.
public struct ReconcilerSettings: Sendable, Hashable {
    /// From one sweep to the next, over all daemons.
    public var interval: Duration
    /// How long an orphan is kept before it is deleted: a server from its quarantine, a key or device from its first observation.
    public var grace: Duration
    public var quarantinesPerRun: Int
    public var reapsPerRun: Int
    /// The number of listings in a row that must agree before an orphan or a loss is accepted as real.
    public var listingsNeeded: Int
    public var isEnabled: Bool

    public init(
        interval: Duration = .seconds(60), grace: Duration = .seconds(1800), quarantinesPerRun: Int = 10,
        reapsPerRun: Int = 5, listingsNeeded: Int = 2, isEnabled: Bool = true
    ) {
        self.interval = interval
        self.grace = grace
        self.quarantinesPerRun = quarantinesPerRun
        self.reapsPerRun = reapsPerRun
        self.listingsNeeded = listingsNeeded
        self.isEnabled = isEnabled
    }
}
