import Dispatch
import Locking
import Storage

/// A connection with its own thread. It connects when it is first needed, and reconnects after the connection was lost.
///
/// Threads of one server may share a ``ServerAway``. When one of them reaches the server again, the others may connect
/// at once.
final class ConnectionThread: Sendable {
    private let settings: PostgresSettings
    private let queue: DispatchQueue
    /// Accessed only on the queue.
    private nonisolated(unsafe) var connection: PostgresConnection?
    private let away: Locked<ServerAway>
    private let waiting = Locked(0)

    /// The maximum number of callers that wait for one thread.
    private static let waitingLimit = 10_000

    init(_ settings: PostgresSettings, label: String, away: Locked<ServerAway> = Locked(ServerAway())) {
        self.settings = settings
        self.away = away
        queue = DispatchQueue(label: "aura.postgres.\(label)")
    }

    /// Runs `body` on the thread, after earlier calls. Throws `unavailable` if ``waitingLimit`` callers wait.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        let isFull = waiting.withLock { waiting in
            waiting += 1
            return waiting > Self.waitingLimit
        }
        defer { waiting.withLock { $0 -= 1 } }
        if isFull {
            throw StorageError(.unavailable, "the database cannot keep up: \(Self.waitingLimit) reads wait")
        }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try self.perform(body) }) }
        }
    }

    /// Runs `body` for a caller that is already on the thread.
    func perform<Value>(_ body: (PostgresConnection) throws -> Value) throws -> Value {
        let connection = try present()
        do {
            return try body(connection)
        } catch let error as PostgresError where error.kind == .lost {
            self.connection = nil
            throw error
        }
    }

    func async(_ body: @escaping @Sendable () -> Void) {
        queue.async(execute: body)
    }

    func close() {
        queue.async { self.connection = nil }
    }

    private func present() throws(PostgresError) -> PostgresConnection {
        if let connection { return connection }
        if let failure = away.withLock({ $0.failure(now: .now) }) { throw failure }
        do {
            let made = try PostgresConnection(settings)
            connection = made
            away.withLock { $0 = ServerAway() }
            return made
        } catch {
            away.withLock { $0.note(error, now: .now, unit: Double.random(in: 0..<1)) }
            throw error
        }
    }
}

/// The backoff for a server that cannot be reached. During the backoff, calls get the last error again.
struct ServerAway {
    private var last: PostgresError?
    private var failures = 0
    private var next: ContinuousClock.Instant?

    /// The wait between attempts: 0.1 s, doubled after each failure up to 2 s. The actual wait is 50 % to 100 % of it,
    /// so that daemons do not reconnect at the same time.
    private static let (first, longest) = (Duration.milliseconds(100), Duration.seconds(2))

    /// Returns the last error while the backoff lasts, or `nil` if an attempt is due.
    func failure(now: ContinuousClock.Instant) -> PostgresError? {
        next.map { now < $0 } == true ? last : nil
    }

    mutating func note(_ failure: PostgresError, now: ContinuousClock.Instant, unit: Double) {
        last = failure
        // Failures of several threads at the same time count as one failure.
        if let next, now < next { return }
        let wait = min(Self.first * (1 << min(failures, 10)), Self.longest)
        failures += 1
        next = now + wait * (0.5 + unit / 2)
    }
}

extension StorageError {
    /// Converts an error of libpq, or of code that runs with its connection. Every such error that leaves the store is
    /// converted here. A transaction that throws did not commit, or its connection was lost during the commit.
    ///
    /// - Parameter isOpening: true if the store is being opened.
    init(postgres error: any Error, isOpening: Bool = false) {
        switch error {
        case let error as StorageError: self = error
        case let error as PostgresError where isOpening:
            self.init(
                .unavailable,
                "cannot open the PostgreSQL database: \(error.message); check the URL, and that the database exists")
        case let error as PostgresError where error.kind == .refused:
            self.init(.corrupt, "the database refuses this: \(error.message)")
        case let error as PostgresError:
            self.init(.unavailable, "cannot use the database: \(error.message); check that the server runs")
        default: self.init(.corrupt, "the database holds a row that this version cannot read")
        }
    }
}
