import AuraModel
import Foundation
import JSON
import Locking
import Logging
import Storage
import TestKit
import Testing

@testable import StoragePostgres

/// Several daemons on one database, each with its own store.
@Suite(.timeLimit(.minutes(3))) struct SharedStoreTests {
    private let place: StorePlace

    init() throws {
        place = try StorePlace()
    }

    private func stores(_ count: Int, clock: PostgresStore.LeaseClock = .caller) async throws -> [PostgresStore] {
        try await (0..<count).asyncMap { _ in try await PostgresServer.open(place, clock: clock) }
    }

    /// Another connection to the place's database.
    private func visitor() throws -> PostgresConnection {
        let name = PostgresServer.database(of: place)
        return try PostgresConnection(PostgresSettings(url: try PostgresServer.shared().url(name)))
    }

    /// Returns once `log` has the event with this `seq`.
    private func wait(_ log: EventLog, for seq: Int64) async throws {
        while log.events.last?.seq ?? 0 < seq {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// The lease of A ended while A was paused, and B has claimed the job.
    @Test func aStaleDaemonsWritesChangeNothing() async throws {
        let pair = try await stores(2)
        let old = try await pair[0].claimed(1, owner: "a")
        let new = try #require(try await pair[1].claim(owner: "b", at: start + .seconds(31)).first)
        #expect(new.job.epoch == old.job.epoch + 1)
        let events = [Fixtures.event(.stepProgress, of: old.job, at: start)]
        try await expectStorageError(.fenced) { try await pair[0].apply(Transition(job: old.job, events: events)) }
        let held = LeaseExtension.Held(job: old.job.id, epoch: old.job.epoch)
        let kept = try await pair[0].extendLeases(LeaseExtension(held: [held], lease: .seconds(30), now: start))
        #expect(kept.isEmpty)
        #expect(try await pair[0].head() == 1)
        _ = try await pair[1].apply(Transition(job: new.job, events: events))
    }

    /// All transitions of a commit are written in one statement. If the server refuses one of them, only that one
    /// fails.
    @Test func aRefusedTransitionDoesNotFailTheOthersOfItsCommit() async throws {
        let store = try await stores(1)[0]
        for number in 1...40 { _ = try await store.submit(Fixtures.provision(number, at: start)) }
        let claims = try await store.claim(
            ClaimRequest(owner: "a", limit: 40, lease: .seconds(30), now: start)
        ).claims
        #expect(claims.count == 40)
        let head = try await store.head()
        let written = await withTaskGroup(of: Bool.self) { group in
            for (place, claim) in claims.enumerated() {
                group.addTask {
                    var job = claim.job
                    // The column holds 32 bits.
                    job.attempt = place % 10 == 7 ? Int(Int32.max) + 1 : place
                    let event = Fixtures.event(.stepProgress, of: job, at: start)
                    return (try? await store.apply(Transition(job: job, events: [event]))) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(written == 36)
        #expect(try await store.head() == head + 36)
    }

    /// The server ends connections in the middle of commits. An entry that was reported as written is in the chain, and
    /// so is its change.
    @Test func theAuditIsWholeWhenConnectionsAreLost() async throws {
        let pair = try await stores(2)
        let url = try PostgresServer.shared().url(PostgresServer.database(of: place))
        let visitor = ConnectionThread(PostgresSettings(url: url), label: "visitor")
        let written = Locked<Set<Int>>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...400 {
                group.addTask {
                    var submission = Fixtures.provision(number, at: start)
                    submission.audit = AuditDraft(
                        at: start, principal: PrincipalID("uid:0"), proof: "peer", peer: "uid 0", method: "provision",
                        parameters: ["number": .integer(Int64(number))],
                        salt: Array(repeating: UInt8(number % 256), count: AuditDraft.saltBytes))
                    for _ in 1...50 where !written.withLock({ $0.contains(number) }) {
                        if (try? await pair[number % 2].submit(submission)) != nil {
                            _ = written.withLock { $0.insert(number) }
                        } else if try await pair[0].job(Fixtures.id(number)) != nil {
                            // The commit succeeded, and its answer was lost.
                            _ = written.withLock { $0.insert(number) }
                        }
                        if number % 40 == 0 {
                            try await visitor.run { connection in
                                _ = try connection.run(
                                    """
                                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                                    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
                                    """)
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(written.withLock { $0.count } == 400)
        try await AuditConformance.verified(pair[0])
        let entries = try await pair[0].audit(AuditQuery(scope: .all, limit: 10_000)).entries.rows
        let numbers = try entries.map { entry in
            try JSONValue(parsing: try #require(entry.content).body).objectValue?["parameters"]?.objectValue?["number"]
        }
        #expect(Set(numbers).count == 400 && numbers.count == 400)
        #expect(try await pair[0].jobs(JobQuery(limit: 1000)).count == 400)
    }

    @Test func fourDaemonsAcceptANameAndAKeyOnce() async throws {
        let four = try await stores(4)
        let key = Idempotency(scope: "s", key: "k", request: "r")
        let outcomes = await withTaskGroup(of: (JobID?, Bool).self) { group in
            for number in 1...40 {
                let store = four[number % 4]
                group.addTask {
                    let named = try? await store.submit(Fixtures.provision(1000 + number, name: "ada", at: start))
                    let keyed = try? await store.submit(
                        Fixtures.provision(number, name: "bob", key: key, at: start))
                    return (keyed?.job.id, named != nil)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0.1 } == 1)
        #expect(Set(outcomes.compactMap(\.0)).count == 1)
        #expect(outcomes.allSatisfy { $0.0 != nil })
    }

    /// Four daemons write at the same time, and a third of their submissions are refused. Two daemons observe.
    @Test func theLedgerHasNoGapAndEveryObserverGetsAllOfIt() async throws {
        let four = try await stores(4)
        let logs = [EventLog(), EventLog()]
        four[0].observe(logs[0].append)
        four[1].observe(logs[1].append)
        await withTaskGroup(of: Void.self) { group in
            for (index, store) in four.enumerated() {
                group.addTask {
                    for number in 1...75 {
                        let name = number % 3 == 0 ? "taken" : nil
                        _ = try? await store.submit(
                            Fixtures.provision(index * 1000 + number, name: name, at: start))
                    }
                }
            }
        }
        let head = try await four[0].head()
        #expect(head == 4 * 50 + 1)
        let ledger = try await four[2].ledger()
        #expect(ledger.map(\.seq) == numbers(upTo: Int(head)))
        for log in logs {
            try await wait(log, for: head)
            #expect(log.events == ledger)
        }
    }

    @Test func fourDaemonsClaimEachJobOnce() async throws {
        let four = try await stores(4)
        for number in 1...60 { _ = try await four[0].submit(Fixtures.provision(number, at: start)) }
        let claims = try await withThrowingTaskGroup(of: [Claim].self) { group in
            for (index, store) in four.enumerated() {
                group.addTask {
                    var mine: [Claim] = []
                    var misses = 0
                    while misses < 3 {
                        let more = try await store.claim(owner: "daemon-\(index)", limit: 4)
                        misses = more.isEmpty ? misses + 1 : 0
                        mine += more
                    }
                    return mine
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claims.count == 60)
        #expect(Set(claims.map(\.job.id)).count == 60)
    }

    @Test func limitsHoldAcrossDaemons() async throws {
        let four = try await stores(4)
        for number in 1...20 { _ = try await four[0].submit(Fixtures.provision(number, at: start)) }
        let claims = try await withThrowingTaskGroup(of: [Claim].self) { group in
            for (index, store) in four.enumerated() {
                group.addTask {
                    try await store.claim(
                        ClaimRequest(
                            owner: "d\(index)", limit: 10, lease: .seconds(30), inFlightPerTenant: 5, now: start)
                    ).claims
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claims.count == 5)
        let places = try await withThrowingTaskGroup(of: Bool.self) { group in
            for (index, claim) in claims.enumerated() {
                let held = LeaseExtension.Held(job: claim.job.id, epoch: claim.job.epoch)
                let store = four[index % 4]
                group.addTask { try await store.takeSlot(SlotRequest(held: held, slot: "configuration", limit: 2)) }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(places == 2)
    }

    /// A daemon whose clock is an hour fast claims no job of another daemon. A daemon whose clock is an hour slow keeps
    /// its jobs.
    @Test func leasesUseTheClockOfTheDatabase() async throws {
        let pair = try await stores(2, clock: .database)
        let now = SystemTime().now()
        _ = try await pair[0].submit(Fixtures.provision(1, at: now))
        let slow = try await pair[0].claim(owner: "slow", at: now + .seconds(-3600))
        #expect(slow.count == 1)
        #expect(try await pair[1].claim(owner: "fast", at: now + .seconds(3600)).isEmpty)
    }

    /// The reply to a commit was lost. The same transition, sent again, returns the first result and is written once.
    @Test func aRepeatedTransitionIsWrittenOnce() async throws {
        let store = try #require(try await stores(1).first)
        let claim = try await store.claimed(1)
        var transition = Transition(
            job: claim.job, releasesLease: true, events: [Fixtures.event(.stepWaiting, of: claim.job, at: start)])
        transition.number = 1
        let first = try await store.apply(transition)
        let again = try await store.apply(transition)
        #expect((first.seq, again.seq) == (2, 2))
        #expect(try await store.head() == 2)
        transition.number = 2
        let late = transition
        try await expectStorageError(.fenced) { try await store.apply(late) }
    }

    /// The server ends every connection during the work. Calls fail or succeed, no write is lost or repeated, and the
    /// stores reconnect by themselves.
    @Test func closedConnectionsAreReopened() async throws {
        let pair = try await stores(2)
        let log = EventLog()
        pair[1].observe(log.append)
        for number in 1...5 { _ = try await pair[0].submit(Fixtures.provision(number, at: start)) }
        let visitor = try visitor()
        for round in 1...5 {
            try visitor.run(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """)
            _ = try? await pair[0].submit(Fixtures.provision(100 + round, at: start))
            _ = try await pair[0].submit(Fixtures.provision(200 + round, at: start))
            _ = try await pair[0].jobs(JobQuery()).rows
        }
        let ledger = try await pair[0].ledger()
        #expect(ledger.map(\.seq) == numbers(upTo: ledger.count))
        let jobs = try await pair[0].jobs(JobQuery()).rows
        #expect(jobs.count == ledger.count)
        try await wait(log, for: Int64(ledger.count))
        #expect(log.events == ledger)
    }

    /// The server repeatedly ends every idle connection of the daemon. No read and no write fails.
    @Test func aClosedIdleConnectionFailsNoCall() async throws {
        let store = try await stores(1)[0]
        let other = try visitor()
        for number in 1...12 {
            try other.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            // The server's processes notice the end one by one.
            while try other.run(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).count > 0 { await Task.yield() }
            _ = try await store.submit(Fixtures.provision(number, at: start))
            #expect(try await store.head() == Int64(number))
            #expect(try await store.job(Fixtures.id(number)) != nil)
        }
    }

    /// Another program deleted events. The observer still gets the events after the gap.
    @Test func aGapInTheLedgerDoesNotBlockTheObserver() async throws {
        let pair = try await stores(2)
        let log = EventLog()
        pair[0].observe(log.append)
        _ = try await pair[1].submit(Fixtures.provision(1, at: start))
        try await wait(log, for: 1)
        try visitor().run("UPDATE event_head SET seq = 7 WHERE one = 1")
        _ = try await pair[1].submit(Fixtures.provision(2, at: start))
        try await wait(log, for: 8)
        #expect(log.events.map(\.seq) == [1, 8])
    }

    @Test(arguments: [
        "CREATE TABLE job (title text)",
        "CREATE TABLE schema_version (number integer); INSERT INTO schema_version VALUES (2)",
    ])
    func anotherProgramsTablesAreRefusedAndLeftAlone(_ statements: String) async throws {
        _ = try PostgresServer.shared().make(PostgresServer.database(of: place))
        let other = try visitor()
        try other.script(statements)
        let error = try await expectStorageError(.unavailable) { try await PostgresServer.open(place) }
        #expect(error.message.contains("another program's tables"))
        #expect(try other.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").count == 1)
    }

    /// A daemon is paused between two statements while it holds the lock on the ledger's row. The server ends its
    /// transaction.
    @Test func anIdleTransactionIsEndedByTheServer() async throws {
        let store = try #require(try await stores(1).first)
        let still = try visitor()
        try still.script(GroupCommit.begin)
        try still.run("UPDATE event_head SET seq = seq WHERE one = 1")
        #expect(try await store.submit(Fixtures.provision(1, at: start)).job.state == .queued)
        #expect(throws: PostgresError.self) { try still.script("COMMIT") }
        #expect(try await store.head() == 1)
    }

    /// While other daemons commit too, one writer works at a time. Here it waits for a row that another session has
    /// locked. The follower's next read of the ledger starts the other writer, which serves all writes meanwhile.
    @Test func aWriterThatWaitsLongDoesNotHoldBackTheOther() async throws {
        let pair = try await stores(2)
        pair[1].observe { _ in }
        for number in 1...3 { _ = try await pair[number % 2].submit(Fixtures.provision(number, at: start)) }
        let first: JobID = Fixtures.id(1)
        let (still, other) = (try visitor(), try visitor())
        try still.script("BEGIN")
        try still.run("SELECT 1 FROM job WHERE id = $1 FOR UPDATE", [PostgresValue(first.text)])
        func waiting() throws -> Int64? {
            try other.run(
                """
                SELECT count(*) AS count FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """
            ).first?.number("count")
        }
        async let cancelled = pair[1].requestCancellation(CancellationRequest(job: first, now: start))
        while try waiting() == 0 { await Task.yield() }
        for number in 4...6 { _ = try await pair[1].submit(Fixtures.provision(number, at: start)) }
        #expect(try waiting() == 1)
        try still.script("COMMIT")
        #expect(try await cancelled.cancellation == .requested)
    }

    /// A newer daemon migrates the database under a daemon that has its statements prepared.
    @Test func addedColumnsBreakNoPreparedStatement() async throws {
        let store = try #require(try await stores(1).first)
        _ = try await store.submit(Fixtures.provision(1, at: start))
        let claim = try #require(try await store.claim(limit: 1).first)
        #expect(try await store.job(Fixtures.id(1)) != nil)
        #expect(try await store.ledger().count == 1)
        try visitor().script(
            "ALTER TABLE job ADD COLUMN newer text; ALTER TABLE step ADD COLUMN newer text; ALTER TABLE event ADD COLUMN newer text; ALTER TABLE instance ADD COLUMN newer text"
        )
        for _ in 1...3 {
            #expect(try await store.job(Fixtures.id(1)) != nil)
            #expect(try await store.instances(InstanceQuery()).count == 1)
            #expect(try await store.ledger().count == 1)
        }
        try await store.release(claim, as: .waiting)
        #expect(try await store.claim(limit: 1, at: start + .seconds(60)).count == 1)
        _ = try await store.submit(Fixtures.provision(2, at: start))
        #expect(try await store.claim(limit: 1, at: start + .seconds(60)).map(\.job.id) == [Fixtures.id(2)])
    }

    @Test func aNewerSchemaIsRefusedUnlessItIsMarkedAsUsable() async throws {
        _ = try await stores(1)
        try visitor().script(
            """
            INSERT INTO schema_version (number) VALUES (999);
            UPDATE setting SET value = '999' WHERE name = 'schema.usableFrom'
            """)
        try await expectStorageError(.newerSchema) { try await self.stores(1) }
        // The newer program recorded that this version can continue.
        try visitor().run("UPDATE setting SET value = '4' WHERE name = 'schema.usableFrom'")
        let store = try #require(try await stores(1).first)
        #expect(try await store.submit(Fixtures.provision(1, at: start)).job.state == .queued)
        try visitor().run("UPDATE setting SET value = '998' WHERE name = 'schema.usableFrom'")
        try await expectStorageError(.newerSchema) { try await self.stores(1) }
    }

    @Test func theErrorForAnUnreachableServerContainsNoPassword() async throws {
        let settings = PostgresSettings(url: "postgres://aura:planted-secret@127.0.0.1:1/aura")
        let error = try await expectStorageError(.unavailable) {
            try await PostgresStore.open(settings, kinds: .test, installation: "x", logger: Logger(label: "test"))
        }
        #expect(!error.message.contains("planted-secret"))
        #expect(error.message.contains("127.0.0.1"))
    }
}
