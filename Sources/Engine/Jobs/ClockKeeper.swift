public import AuraModel
public import Logging
public import ServiceLifecycle
public import Storage

/// Adjusts the daemon's clock to the authoritative clock: the database server's clock, or this machine's clock if the
/// store is local.
public final class ClockKeeper: Service {
    private let clock: SteadyTime
    private let machine: any TimeSource
    private let store: any Ledger & Coordination
    private let logger: Logger

    private static let interval = Duration.seconds(5)
    /// The largest difference that is not logged.
    private static let notable = Duration.seconds(5)
    /// The largest plausible lead of the ledger's last event over this machine's clock. An event that is further ahead
    /// was written with a wrong clock.
    private static let mostAhead = Duration.seconds(86_400)

    /// Creates a keeper of `clock`. `machine` is this machine's clock, which its administrator may set.
    public init(clock: SteadyTime, machine: any TimeSource, store: any Ledger & Coordination, logger: Logger) {
        self.clock = clock
        self.machine = machine
        self.store = store
        self.logger = logger
    }

    /// The longest call that reads the database server's time. The result of a longer call is too inexact: the server
    /// was slow, or this process was suspended.
    private static let longestAnswer = Duration.seconds(1)
    private static let tries = 5

    /// Sets the clock at the start to the database server's time. With a local store, the clock starts at this
    /// machine's time, or at the time of the ledger's last event if that is later and plausible.
    public func begin() async throws {
        for attempt in 1...Self.tries {
            let (moment, took) = try await databaseClock()
            guard let moment else { break }
            if took <= Self.longestAnswer || attempt == Self.tries { return clock.set(moment) }
        }
        let head = try await store.head()
        let floor = try await store.bounds().floor
        let query = EventQuery(filter: EventFilter(scope: .all), after: max(head - 1, floor), limit: 1)
        let last = try await store.events(query).last
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

    /// Reads the authoritative clock once, and lets the daemon's clock approach it gradually. Ignores a read that took
    /// too long.
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
