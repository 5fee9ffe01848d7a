public import AuraModel
public import Logging
public import ServiceLifecycle
public import Storage

/// Keeps the daemon's clock in step with the authoritative one: the database server's clock, or this machine's if the store is
/// local.
public final class ClockKeeper: Service {
    private let clock: SteadyTime
    private let machine: any TimeSource
    private let store: any Store
    private let logger: Logger

    private static let interval = Duration.seconds(5)
    /// A larger difference is logged.
    private static let notable = Duration.seconds(5)
    /// If the ledger is further ahead than this, its last event was written by a wrong clock.
    private static let mostAhead = Duration.seconds(86_400)

    /// `machine` is the clock of this machine, which its administrator may set.
    public init(clock: SteadyTime, machine: any TimeSource, store: any Store, logger: Logger) {
        self.clock = clock
        self.machine = machine
        self.store = store
        self.logger = logger
    }

    /// A longer reply is ignored because it is too inexact: the server was slow, or this process did not run.
    private static let longestAnswer = Duration.seconds(1)
    private static let tries = 5

    /// Sets the clock at the start. With a local store it starts at this machine's time, but not before the last event of the
    /// ledger.
    public func begin() async throws {
        for attempt in 1...Self.tries {
            let (moment, took) = try await databaseClock()
            guard let moment else { break }
            if took <= Self.longestAnswer || attempt == Self.tries { return clock.set(moment) }
        }
        let head = try await store.head()
        let last = try await store.events(EventQuery(after: max(head - 1, try await store.bounds().floor), limit: 1))
            .last
        let now = machine.now()
        guard let written = last?.entry.at, written > now, written - now < Self.mostAhead else { return clock.set(now) }
        logger.warning("the machine's clock (\(now)) is behind the ledger (\(written)): going on from there")
        clock.set(written)
    }

    public func run() async throws {
        try? await cancelWhenGracefulShutdown { try await self.keep() }
    }

    /// Checks the clock every few seconds until its task is cancelled.
    public func keep() async throws {
        while !Task.isCancelled {
            try await machine.sleep(for: Self.interval)
            await look()
        }
    }

    /// Compares the clock with the authoritative one, once.
    public func look() async {
        do {
            let (moment, took) = try await databaseClock()
            guard took <= Self.longestAnswer else { return }
            let off = clock.follow(moment ?? machine.now())
            guard off > Self.notable || off < .zero - Self.notable else { return }
            logger.notice("the clock is \(off) off, and gets there gradually")
        } catch {
            logger.debug("cannot read the database's clock: \(error)")
        }
    }

    /// Returns the database server's time, or `nil` if the store is local, and how long the call took.
    private func databaseClock() async throws -> (Timestamp?, took: Duration) {
        let asked = machine.uptime()
        let moment = try await store.clock()
        let took = machine.uptime() - asked
        return (moment.map { $0 + took / 2 }, took)
    }
}
