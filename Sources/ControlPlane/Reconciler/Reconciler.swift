import AuraAPI
public import AuraModel
import DriverKit
import JSON
import JSONRPC
import Locking
public import Logging
public import ServiceLifecycle
public import Storage

/// Finds leaked machines: a sweep compares the resources that carry our labels with the rows of the database.
///
/// Two singleton leases coordinate the daemons:
/// - ``duty`` allows one sweep at a time. The sweep renews the lease while it runs and releases it at its end.
/// - `turn` is for the sweeps that every daemon starts on a timer. It is held for most of the interval, so that only
///   one daemon sweeps per interval.
public final class Reconciler: Service {
    private let store: any Store
    private let services: MachineServices
    private let settings: ReconcilerSettings
    private let owner: String
    private let faults: RowFaults
    private let time: any TimeSource
    private let logger: Logger
    private let isSweeping = Locked(false)

    /// The name of the singleton lease that a sweep holds.
    public static let duty = "sweep"
    private static let turn = "sweep.turn"
    private static let dutyLength = Duration.seconds(120)
    private static let margin = Duration.seconds(20)

    /// `owner` is the daemon's boot id.
    public init(
        store: any Store, services: MachineServices, settings: ReconcilerSettings, owner: String,
        faults: RowFaults, time: any TimeSource, logger: Logger
    ) {
        self.store = store
        self.services = services
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
            await sweepInTurn()
        }
    }

    /// Runs the sweep that is due, unless another daemon has run it or is running it.
    func sweepInTurn() async {
        do {
            let turn = DutyRequest(
                name: Self.turn, owner: owner, duration: settings.interval * 0.9, now: time.now())
            guard try await store.takeDuty(turn) else { return }
            let report = try await sweep(isDryRun: false, isForced: false)
            for finding in report.findings where finding.action != .none {
                logger.warning("\(finding.kind) \(finding.name) \(finding.action): \(finding.reason)")
            }
        } catch let error as RPCError where error.code == .sweepRunning {
        } catch is CancellationError {
        } catch {
            logger.error("the sweep did not finish, and will be tried again: \(error)")
        }
    }

    /// Runs one sweep. Throws `sweepRunning` while another sweep runs in this daemon or another.
    func sweep(isDryRun: Bool, isForced: Bool) async throws -> ReconcileReport {
        guard isSweeping.withLock({ isSweeping in !exchange(&isSweeping, true) }) else { throw Self.running }
        defer { isSweeping.withLock { $0 = false } }
        let end = Locked(Duration.zero)
        try await takeDuty(end)
        do {
            let report = try await OutsideCall.permitted { () throws(Failure) in
                if self.time.uptime() + Self.margin > end.withLock({ $0 }) {
                    throw Failure(.transient, code: "dutyLost", message: "the sweep is another daemon's by now")
                }
            } _: {
                try await self.sweep(isDryRun: isDryRun, isForced: isForced, end)
            }
            await giveDutyBack()
            return report
        } catch {
            await giveDutyBack()
            throw error
        }
    }

    private func sweep(isDryRun: Bool, isForced: Bool, _ end: Locked<Duration>) async throws -> ReconcileReport {
        let (start, uptime) = (time.now(), time.uptime())
        let view = try await Survey(store: store, services: services, faults: faults).view(now: start)
        let sweep = Sweep(view: view, settings: settings, isForced: isForced)
        var findings = sweep.findings
        if !isDryRun {
            let effects = SweepEffects(store: store, services: services, time: time) { try await self.takeDuty(end) }
            findings = try await effects.carryOut(sweep)
        }
        return ReconcileReport(
            startedAt: start, tookMs: (time.uptime() - uptime).wholeMilliseconds, dryRun: isDryRun,
            listings: view.listings.map { listing in
                ReconcileListing(
                    kind: Open(listing.kind), count: listing.things.count,
                    believed: listing.failure == nil && !sweep.isSuspect(listing), failure: listing.failure?.message)
            },
            owned: sweep.owned, busy: sweep.busy, findings: findings)
    }

    /// Takes or renews the singleton lease. Throws `sweepRunning` if another daemon holds it.
    private func takeDuty(_ end: Locked<Duration>) async throws {
        let before = time.uptime()
        let request = DutyRequest(name: Self.duty, owner: owner, duration: Self.dutyLength, now: time.now())
        guard try await store.takeDuty(request) else { throw Self.running }
        end.withLock { $0 = before + Self.dutyLength }
    }

    private func giveDutyBack() async {
        let request = DutyRequest(name: Self.duty, owner: owner, duration: .zero, now: time.now())
        _ = try? await store.takeDuty(request)
    }

    private static let running = RPCError(
        .sweepRunning, "cannot sweep now, another sweep is at work: try again in a moment",
        data: ["retryAfterMs": 1000])
}

/// Sets a value and returns the former one.
private func exchange<Value>(_ value: inout Value, _ new: Value) -> Value {
    defer { value = new }
    return value
}

extension ControlPlane {
    /// Registers `reconcile.run`.
    func registerReconciliation(in router: inout Router) {
        router.register(Methods.reconcileRun) { parameters, _ in
            try await self.answering {
                try await self.reconciler.sweep(
                    isDryRun: parameters.dryRun ?? false, isForced: parameters.force ?? false)
            }
        }
    }
}
