import AuraModel
import GRDB
import Storage
import TestKit
import Testing

@testable import StoragePostgres
@testable import StorageSQLite

/// An implementation of ``Store`` that the conformance suite runs against. To test a new one, add it to ``all``.
struct StoreUnderTest: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Whether several daemons use one database at the same time.
    var isShared = false
    /// Opens the database of a place. The same place gives the same database again.
    var open: @Sendable (_ place: StorePlace) async throws -> any Store

    static let all = [
        StoreUnderTest(testDescription: "model") { ModelStore(disk: $0.disk, installation: $0.installation) },
        StoreUnderTest(testDescription: "sqlite") {
            try SQLiteStore(path: $0.directory.file("aura.db"), kinds: .test, installation: $0.installation)
        },
        StoreUnderTest(testDescription: "postgres", isShared: true) { try await PostgresServer.open($0) },
        // As behind a pooler that gives each transaction another session.
        StoreUnderTest(testDescription: "postgres, unprepared", isShared: true) {
            try await PostgresServer.open($0, preparesStatements: false)
        },
    ]

    /// The stores whose rows a test can change directly.
    static let withRows = all.filter { $0.testDescription != "model" }

    /// The stores that only one daemon can open at a time.
    static let exclusive = all.filter { !$0.isShared }

    /// Runs a statement on the database of a store that ``openNew()`` made, past the store.
    func run(_ sql: String, beside store: any Store) async throws {
        let probed = try #require(store as? ProbedStore)
        if let sqlite = probed.base as? SQLiteStore { return try await sqlite.pool.write { try $0.execute(sql: sql) } }
        let place = try #require(probed.kept as? StorePlace)
        let url = try PostgresServer.shared().url(PostgresServer.database(of: place))
        try PostgresConnection(PostgresSettings(url: url)).run(sql)
    }

    /// Opens a new, empty database.
    func openNew() async throws -> any Store {
        let place = try StorePlace()
        return ProbedStore(try await open(place), keeping: place)
    }
}

/// The location of one test's database, for every kind of store.
final class StorePlace: Sendable {
    let directory: TemporaryDirectory
    let disk = ModelStore.Disk()
    let installation: String

    init(installation: String = "installation-1") throws {
        directory = try TemporaryDirectory()
        self.installation = installation
    }
}

/// The time at which every test begins.
let start = Timestamp(milliseconds: 1_795_176_000_123)

/// The `seq`s of a ledger with `count` events.
func numbers(upTo count: Int) -> [Int64] {
    (1...count).map { Int64($0) }
}

extension Store {
    /// Submits a provision and claims it.
    func claimed(_ number: Int = 1, owner: String = "a", lease: Duration = .seconds(30), at: Timestamp = start)
        async throws -> Claim
    {
        _ = try await submit(Fixtures.provision(number, at: at))
        return try #require(try await claim(owner: owner, limit: 1, lease: lease, at: at).first)
    }

    func claim(owner: String = "a", limit: Int = 10, lease: Duration = .seconds(30), at: Timestamp = start)
        async throws -> [Claim]
    {
        try await claim(ClaimRequest(owner: owner, limit: limit, lease: lease, now: at)).claims
    }

    /// Every event of the ledger that matches.
    func ledger(_ filter: EventFilter = EventFilter()) async throws -> [Event] {
        try await events(EventQuery(filter: filter, after: 0, limit: 100_000))
    }

    /// Releases a job in a state, with one event for it.
    @discardableResult
    func release(
        _ claim: Claim, as state: JobState, availableAt: Timestamp? = nil, at: Timestamp = start,
        change: (inout Transition) -> Void = { _ in }
    ) async throws -> Applied {
        var job = claim.job
        job.state = state
        job.availableAt = availableAt ?? job.availableAt
        job.finishedAt = state.isTerminal ? at : nil
        var transition = Transition(
            job: job, releasesLease: true,
            events: [Fixtures.event(state.isTerminal ? .jobSucceeded : .stepWaiting, of: job, at: at)])
        change(&transition)
        return try await apply(transition)
    }
}

/// Expects that `body` throws a ``StorageError`` with this code, and returns the error.
@discardableResult
func expectStorageError<Value>(
    _ code: StorageError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
) async throws -> StorageError {
    let thrown = await #expect(throws: StorageError.self, sourceLocation: sourceLocation) { _ = try await body() }
    let error = try #require(thrown, sourceLocation: sourceLocation)
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    return error
}
