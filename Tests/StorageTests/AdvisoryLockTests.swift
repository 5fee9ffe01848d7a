import AuraModel
import Storage
import TestKit
import Testing

@testable import StoragePostgres

/// The order in which transactions of several daemons take their locks.
@Suite(.timeLimit(.minutes(3))) struct AdvisoryLockTests {
    private let place: StorePlace

    init() throws {
        place = try StorePlace()
    }

    private func visitor(_ database: String? = nil) throws -> PostgresConnection {
        let name = database ?? PostgresServer.database(of: place)
        return try PostgresConnection(PostgresSettings(url: try PostgresServer.shared().url(name)))
    }

    private func tenant(_ number: Int) -> TenantID { TenantID("tenant-\(number)") }

    private func waiting(_ visitor: PostgresConnection) throws -> Int64? {
        try visitor.run(
            """
            SELECT count(*) AS count FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        ).first?.number("count")
    }

    /// A: tenants 0, 1 … 7 of each round. B: tenants 7, 6 … 0. Each batch locks the quotas of several tenants.
    @Test func batchesForTenantsInOppositeOrdersNeverDeadlock() async throws {
        let pair = [try await PostgresServer.open(place), try await PostgresServer.open(place)]
        let (rounds, tenants) = (40, 8)
        for round in 0..<rounds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, store) in pair.enumerated() {
                    for step in 0..<tenants {
                        let number = index == 0 ? step : tenants - 1 - step
                        var submission = Fixtures.provision(
                            (round * tenants + step) * 2 + index + 1, tenant: tenant(number), at: start)
                        submission.quota = 1000
                        submission.jobQuota = 1000
                        group.addTask { [submission] in _ = try await store.submit(submission) }
                    }
                }
                try await group.waitForAll()
            }
        }
        // The server counts the deadlocks of a session when the session ends.
        let other = try visitor("postgres")
        let database = PostgresValue(PostgresServer.database(of: place))
        try other.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [database])
        while try other.run("SELECT 1 FROM pg_stat_activity WHERE datname = $1", [database]).count > 0 {
            await Task.yield()
        }
        let counts = try other.run("SELECT deadlocks FROM pg_stat_database WHERE datname = $1", [database])
        #expect(counts.first?.number("deadlocks") == 0)
        #expect(try await pair[0].jobs(JobQuery(limit: 1000)).count == rounds * tenants * 2)
    }

    /// Whether a failed instance counts again is known only when its row is read. The transaction is then repeated, and
    /// waits for the total quota before it locks the row.
    @Test func aRevivalTakesTheTotalQuotaBeforeItsRow() async throws {
        let store = try await PostgresServer.open(place)
        let claim = try await store.claimed(1)
        var instance = claim.instance
        instance.phase = .failed
        try await store.release(claim, as: .failed) { $0.instance = instance }
        var submission = Fixtures.operation(2, .provision, on: .id(Fixtures.id(1)), at: start) { instance, _ in
            .revive(instance)
        }
        (submission.totalQuota, submission.jobQuota) = (1, 1)
        let revival = submission
        let (still, other) = (try visitor(), try visitor())
        try still.script("BEGIN")
        try still.run("SELECT pg_advisory_xact_lock(hashtextextended('quota', 0))")
        async let revived = store.submit(revival)
        while try waiting(other) == 0 { await Task.yield() }
        #expect(try other.run("SELECT id FROM instance FOR UPDATE NOWAIT").count == 1)
        let quota = "SELECT pg_try_advisory_lock(hashtextextended('quota default', 0)) AS free"
        #expect(try other.run(quota).first?.flag("free") == true)
        #expect(try other.run("SELECT pg_advisory_unlock_all()").count == 1)
        try still.script("COMMIT")
        #expect(try await revived.job.state == .queued)
    }

    /// More revivals than a transaction has tries after conflicts share a commit, and each of them finds out late that
    /// it needs the quota.
    @Test func manyRevivalsOfOneCommitSucceed() async throws {
        let store = try await PostgresServer.open(place)
        let count = 40
        for number in 1...count {
            let claim = try await store.claimed(number)
            var instance = claim.instance
            instance.phase = .failed
            try await store.release(claim, as: .failed) { $0.instance = instance }
        }
        let (still, other) = (try visitor(), try visitor())
        try still.script("BEGIN; LOCK TABLE instance IN EXCLUSIVE MODE")
        try await withThrowingTaskGroup(of: JobState.self) { group in
            for number in 1...count {
                var submission = Fixtures.operation(
                    count + number, .provision, on: .id(Fixtures.id(number)), at: start
                ) { instance, _ in .revive(instance) }
                submission.quota = 1000
                group.addTask { [submission] in try await store.submit(submission).job.state }
            }
            // The first commits have few writes and wait for the table. The others have queued when the test goes on.
            while try waiting(other) == 0 { await Task.yield() }
            try await Task.sleep(for: .milliseconds(200))
            try still.script("COMMIT")
            for try await state in group { #expect(state == .queued) }
        }
    }

    /// Two names of the same text in other code points are two locks, as they are two keys.
    @Test func locksAreTakenOnceAndByTheirBytes() throws {
        try PostgresServer.shared().make(PostgresServer.database(of: place))
        let (first, other) = (try visitor(), try visitor())
        try first.script("BEGIN")
        try AdvisoryLocks.take(["key s \u{E9}", "key s e\u{301}", "quota", "claims", "quota", "quota a"], first)
        let held = try other.run(
            """
            SELECT count(*) AS count FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
            WHERE locktype = 'advisory' AND datname = current_database()
            """)
        #expect(held.first?.number("count") == 5)
        #expect(try other.run("SELECT pg_try_advisory_lock(7166571) AS free").first?.flag("free") == false)
        try first.script("COMMIT")
        #expect(try other.run("SELECT pg_try_advisory_lock(7166571) AS free").first?.flag("free") == true)
    }
}
