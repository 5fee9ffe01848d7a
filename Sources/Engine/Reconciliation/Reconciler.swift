public import AuraModel
import Locking
public import Logging
public import ServiceLifecycle
public import Storage

/// Finds leaked and lost resources: a sweep compares what the providers list with the rows of the database.
///
/// Two singleton leases coordinate the daemons:
/// - ``leaseName`` allows one sweep at a time. The sweep renews the lease while it runs and releases it at its end.
/// - The second lease is for the sweeps that every daemon starts on a timer. It is held for most of the interval, so
///   that only one daemon sweeps per interval.
public final class Reconciler: Service {
    private let store: any InstanceStore & JobStore & Coordination
    private let sources: [any ResourceSource]
    private let settings: ReconcilerSettings
    private let owner: String
    private let faults: RowFaults
    private let time: any TimeSource
    private let logger: Logger
    private let isSweeping = Locked(false)

    /// The name of the singleton lease that a sweep holds.
    public static let leaseName = "sweep"
    private static let intervalLeaseName = "sweep.turn"
    private static let leaseLength = Duration.seconds(120)
    private static let margin = Duration.seconds(20)

    /// Creates a reconciler of the resources of all `sources`. Traps if two sources have the same kind. `owner` is the
    /// daemon's boot id.
    public init(
        store: any InstanceStore & JobStore & Coordination, sources: [any ResourceSource],
        settings: ReconcilerSettings, owner: String, faults: RowFaults, time: any TimeSource, logger: Logger
    ) {
        precondition(
            Set(sources.map(\.traits.kind)).count == sources.count, "two sources list the same kind of resource")
        self.store = store
        self.sources = sources
        self.settings = settings
        self.owner = owner
        self.faults = faults
        self.time = time
        self.logger = logger
    }

    public func run() async throws {
        guard settings.isEnabled else { return try await gracefulShutdown() }
        try? await cancelWhenGracefulShutdown { try await self.keepSweeping() }
    }

    /// Runs the sweeps that are due until its task is cancelled.
    public func keepSweeping() async throws {
        while !Task.isCancelled {
            try await time.sleep(for: settings.interval)
            await sweepIfDue()
        }
    }

    /// Runs the sweep that is due, unless another daemon has run it or is running it.
    func sweepIfDue() async {
        do {
            let lease = SingletonLeaseRequest(
                name: Self.intervalLeaseName, owner: owner, duration: settings.interval * 0.9, now: time.now())
            guard try await store.takeSingletonLease(lease) else { return }
            let report = try await sweep(isDryRun: false, isForced: false)
            for finding in report.findings where finding.action != .none {
                logger.warning("\(finding.kind) \(finding.name) \(finding.action): \(finding.reason)")
            }
        } catch is SweepRunning {
        } catch  where error.isCancellation {
        } catch {
            logger.error("the sweep did not finish, and will be tried again: \(error)")
        }
    }

    /// Runs one sweep. Throws ``SweepRunning`` while another sweep runs in this daemon or another, and the store's
    /// errors.
    ///
    /// A dry run changes nothing. `isForced` permits the sweep to touch orphans although most of the listed resources
    /// have no owner.
    public func sweep(isDryRun: Bool, isForced: Bool) async throws -> SweepReport {
        guard isSweeping.withLock({ isSweeping in !exchange(&isSweeping, true) }) else { throw SweepRunning() }
        defer { isSweeping.withLock { $0 = false } }
        let end = Locked(Duration.zero)
        try await takeLease(end)
        do {
            let report = try await LeaseGuard.permitted { () throws(Failure) in
                if self.time.uptime() + Self.margin > end.withLock({ $0 }) {
                    throw Failure(.transient, code: "sweepLeaseLost", message: "the sweep is another daemon's by now")
                }
            } _: {
                try await self.sweep(isDryRun: isDryRun, isForced: isForced, end)
            }
            await releaseLease()
            return report
        } catch {
            await releaseLease()
            throw error
        }
    }

    private func sweep(isDryRun: Bool, isForced: Bool, _ end: Locked<Duration>) async throws -> SweepReport {
        let (start, uptime) = (time.now(), time.uptime())
        let input = try await SweepInputReader(store: store, sources: sources, faults: faults).read(now: start)
        let plan = ReconcilePlan(input: input, settings: settings, isForced: isForced)
        var findings = plan.findings
        if !isDryRun {
            let executor = ReconcileExecutor(store: store, sources: sources, time: time) {
                try await self.takeLease(end)
            }
            findings = try await executor.carryOut(plan)
        }
        return SweepReport(
            startedAt: start, took: time.uptime() - uptime, isDryRun: isDryRun,
            listings: input.inventories.map { inventory in
                SweepReport.Listing(
                    kind: inventory.kind, count: inventory.resources.count,
                    isBelieved: inventory.failure == nil && !plan.isSuspect(inventory),
                    failure: inventory.failure?.message)
            },
            owned: plan.owned, busy: plan.busy, findings: findings)
    }

    /// Takes or renews the singleton lease. Throws ``SweepRunning`` if another daemon holds it.
    private func takeLease(_ end: Locked<Duration>) async throws {
        let before = time.uptime()
        let request = SingletonLeaseRequest(
            name: Self.leaseName, owner: owner, duration: Self.leaseLength, now: time.now())
        guard try await store.takeSingletonLease(request) else { throw SweepRunning() }
        end.withLock { $0 = before + Self.leaseLength }
    }

    private func releaseLease() async {
        let request = SingletonLeaseRequest(name: Self.leaseName, owner: owner, duration: .zero, now: time.now())
        _ = try? await store.takeSingletonLease(request)
    }
}

/// The error of a sweep that cannot begin because another one is running.
public struct SweepRunning: Error {}

/// Sets a value and returns the former one.
private func exchange<Value>(_ value: inout Value, _ new: Value) -> Value {
    defer { value = new }
    return value
}

/// The limits and intervals of the sweep.
public struct ReconcilerSettings: Sendable, Hashable {
    /// The time from one sweep to the next, over all daemons.
    public var interval: Duration
    /// The time for which an orphan is kept before it is deleted. It starts at the quarantine of a server, and at the
    /// first observation of a key or device.
    public var grace: Duration
    public var quarantinesPerRun: Int
    public var reapsPerRun: Int
    /// The number of inventories in a row that must agree before a resource counts as orphaned or lost.
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
