public import AuraModel
public import Logging
public import ServiceLifecycle
public import Storage

/// Keeps a daemon's clock beside the one that counts: the shared database's own, or else this machine's.
public final class ClockKeeper: Service {
    private let clock: SteadyTime
    private let machine: any TimeSource
    private let store: any Store
    private let logger: Logger

    private static let interval = Duration.seconds(5)
    /// Beyond this a difference is worth a line in the log.
    private static let notable = Duration.seconds(5)
    /// A ledger that is further ahead than this was written by a clock that was wrong.
    private static let mostAhead = Duration.seconds(86_400)

    /// - Parameter machine: the clock of this machine, which anybody may set.
    public init(clock: SteadyTime, machine: any TimeSource, store: any Store, logger: Logger) {
        self.clock = clock
        self.machine = machine
        self.store = store
        self.logger = logger
    }

    /// An answer that took longer says too little of the present: the server was slow, or this process stood still.
    private static let longestAnswer = Duration.seconds(1)
    private static let tries = 5

    /// Sets the clock for the start: not before what the ledger has seen, for whoever has a database to itself.
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

    /// Looks every few seconds until its task is cancelled.
    public func keep() async throws {
        while !Task.isCancelled {
            try await machine.sleep(for: Self.interval)
            await look()
        }
    }

    /// One look at the clock that counts.
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

    /// What the database's clock shows now, none where it has none that counts, and how long the answer took.
    private func databaseClock() async throws -> (Timestamp?, took: Duration) {
        let asked = machine.uptime()
        let moment = try await store.clock()
        let took = machine.uptime() - asked
        return (moment.map { $0 + took / 2 }, took)
    }
}
