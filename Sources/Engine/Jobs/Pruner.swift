public import AuraModel
public import Logging
public import ServiceLifecycle
public import Storage

/// The retention times of ended jobs and of events, and the pace of pruning.
public struct RetentionPolicy: Sendable, Hashable {
    /// The retention time of ended jobs with their steps and idempotency keys.
    public var jobs: Duration
    public var events: Duration
    /// The time from the end of one prune to the start of the next.
    public var interval: Duration
    /// The largest number of rows of one kind in a transaction, so that other transactions wait only briefly.
    public var lot: Int

    public init(
        jobs: Duration = .seconds(90 * 86_400), events: Duration = .seconds(90 * 86_400),
        interval: Duration = .seconds(600), lot: Int = 500
    ) {
        self.jobs = jobs
        self.events = events
        self.interval = interval
        self.lot = lot
    }
}

/// Deletes jobs and events whose retention time has passed. One daemon at a time prunes, in small transactions.
public final class Pruner: Service {
    private let store: any Ledger & Coordination
    private let policy: RetentionPolicy
    private let owner: String
    private let time: any TimeSource
    private let logger: Logger

    /// The name of the singleton lease that a prune holds.
    public static let leaseName = "prune"
    private static let pause = Duration.milliseconds(50)
    /// The largest number of transactions in one prune; the next prune deletes the rest.
    private static let lotsAtMost = 2000

    /// Creates a pruner. `owner` is the daemon's boot id.
    public init(
        store: any Ledger & Coordination, policy: RetentionPolicy, owner: String, time: any TimeSource, logger: Logger
    ) {
        self.store = store
        self.policy = policy
        self.owner = owner
        self.time = time
        self.logger = logger
    }

    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try await self.time.sleep(for: self.policy.interval)
                await self.prune()
            }
        }
    }

    /// Prunes once, unless another daemon is pruning.
    func prune() async {
        do {
            var total = (jobs: 0, events: 0)
            for _ in 0..<Self.lotsAtMost {
                guard try await takeLease() else { break }
                let pruned = try await store.prune(request)
                total = (total.jobs + pruned.jobs, total.events + pruned.events)
                guard pruned.hasMore else { break }
                try await time.sleep(for: Self.pause)
            }
            if total != (0, 0) { logger.info("pruned \(total.jobs) jobs and \(total.events) events") }
        } catch is CancellationError {
        } catch {
            logger.error("cannot prune what is old, and will try again later: \(error)")
        }
    }

    private var request: PruneRequest {
        let now = time.now()
        return PruneRequest(
            jobsBefore: now + (.zero - policy.jobs), eventsBefore: now + (.zero - policy.events), limit: policy.lot)
    }

    private func takeLease() async throws -> Bool {
        try await store.takeSingletonLease(
            SingletonLeaseRequest(name: Self.leaseName, owner: owner, duration: .seconds(60), now: time.now()))
    }
}
