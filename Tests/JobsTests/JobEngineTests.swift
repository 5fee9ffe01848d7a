import AuraModel
import Jobs
import Locking
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct JobEngineTests {
    @Test func aJobIsClaimedAndRunToItsEnd() async throws {
        let shop = try Workshop()
        let engine = shop.engine([
            provision([
                step("key.create") { context in
                    shop.note("key for \(context.instance.name)")
                    try await context.checkpoint(["fingerprint": "ab:cd"], externalID: "k-1")
                    return .done
                },
                step("server.create") { context in
                    let memory = try context.memory([String: String].self, of: "key.create")
                    shop.note(
                        "server with \(memory?["fingerprint"] ?? "") \(context.externalID(of: "key.create") ?? "")")
                    try await context.report("creating cx23 in nbg1", fraction: 0.5)
                    return .done
                },
            ])
        ])
        _ = try await shop.store.submit(Fixtures.provision(1, name: "ada", at: start))
        try await shop.run(engine) { _ in
            try await shop.log.first(.jobSucceeded)
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["key for ada", "server with ab:cd k-1"])
        #expect(
            shop.log.events.map(\.entry.type) == [
                .jobQueued, .jobStarted, .phaseChanged, .stepStarted, .stepDone, .stepStarted, .stepProgress,
                .stepDone, .phaseChanged, .jobSucceeded,
            ])
        let job = try #require(try await shop.store.job(Fixtures.id(1)))
        #expect((job.state, job.progress, job.epoch) == (.succeeded, 1, 1))
        #expect(try await shop.store.steps(of: job.id).map(\.state) == [.done, .done])
        try await shop.expectWholeLedger()
    }

    /// Two workers and a hundred jobs that each wait a minute: all hundred begin although none has ended.
    @Test func waitingJobsHoldNoWorker() async throws {
        let shop = try Workshop()
        let busy = Locked((now: 0, most: 0))
        let engine = shop.engine(
            [
                provision([
                    step("server.boot") { context in
                        busy.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                        defer { busy.withLock { $0.now -= 1 } }
                        if try context.memory(Int.self) != nil { return .done }
                        try await context.checkpoint(1)
                        return .wait(.seconds(60), reason: "for the machine to boot")
                    }
                ])
            ], workers: 2)
        for number in 1...100 { _ = try await shop.store.submit(Fixtures.provision(number, at: start)) }
        try await shop.run(engine) { _ in
            for number in 1...100 { try await shop.log.first(.stepWaiting, of: Fixtures.id(number)) }
            try await shop.idle(engine)
            #expect(engine.jobsRunning == 0)
            #expect(try await shop.store.jobs(JobQuery(states: [.waiting], limit: 200)).rows.count == 100)
            #expect(try await shop.store.nextDue(.everything) == start + .seconds(60))
            shop.time.advance(by: .seconds(60))
            for number in 1...100 {
                try await shop.drive(engine, until: .jobSucceeded, of: Fixtures.id(number))
            }
        }
        #expect(busy.withLock { $0.most } <= 2)
        try await shop.expectWholeLedger()
    }

    /// A tenant has as many jobs in flight as it may, and one more is due. The engine asks for it every two seconds,
    /// and at once when a job of the tenant ends.
    ///
    ///     job 1:   waits for 60 s ─────────────────────────────▶ ends
    ///     job 2:   due, but held back by the limit ─────────────▶ starts
    ///     engine:  asks ── 2 s ──▶ asks ── 2 s ──▶ asks …        asks
    @Test func aDueJobThatIsHeldBackByTheLimitOfItsTenantIsNotAskedForAllTheTime() async throws {
        let shop = try Workshop()
        let claims = Locked(0)
        shop.store.before { write in
            if case .claim = write { claims.withLock { $0 += 1 } }
        }
        let engine = shop.engine(
            [
                provision([
                    step("a") { context in
                        shop.note("\(context.instance.name)")
                        guard context.instance.name == "ada-1", shop.notes("ada-1") == 1 else { return .done }
                        return .wait(.seconds(60), reason: "for a minute")
                    }
                ])
            ], jobsPerTenant: 1)
        for number in 1...2 { _ = try await shop.store.submit(Fixtures.provision(number, at: start)) }
        try await shop.run(engine) { _ in
            try await shop.log.first(.stepWaiting, of: Fixtures.id(1))
            try await shop.drive(engine, until: .stepWaiting, of: Fixtures.id(1))
            // The job is certainly due, although the clocks of a daemon and its database may differ a little.
            shop.time.advance(by: .seconds(2))
            try await shop.rest(engine)
            let before = claims.withLock { $0 }
            for _ in 1...100 {
                shop.time.advance(by: .milliseconds(100))
                try await shop.rest(engine)
            }
            #expect((4...6).contains(claims.withLock { $0 } - before))
            #expect(shop.notes("ada-2") == 0)
            try await shop.drive(engine, until: .jobSucceeded, of: Fixtures.id(1))
            #expect(shop.notes("ada-2") == 1)
        }
    }

    @Test func aFailedStepIsRetriedAfterItsBackoff() async throws {
        let shop = try Workshop()
        let engine = shop.engine([
            provision([
                step("server.create") { _ in
                    shop.note("try")
                    if shop.notes("try") < 4 { throw busyServer }
                    return .done
                }
            ])
        ])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in try await shop.drive(engine, until: .jobSucceeded, of: Fixtures.id(1)) }
        #expect(shop.notes("try") == 4)
        let times = shop.log.events.filter { $0.entry.type == .stepRetrying || $0.entry.type == .stepDone }
            .map { $0.entry.at - start }
        #expect(times == [0, 1, 3, 7].map { .seconds($0) })
    }

    @Test func aFailedJobIsUndone() async throws {
        let shop = try Workshop()
        let engine = shop.engine([
            provision([
                step(
                    "a", perform: { _ in .done },
                    undo: { _ in
                        shop.note("undo a")
                        return .done
                    }),
                step(
                    "b", perform: { _ in throw brokenDisk },
                    undo: { context in
                        shop.note("undo b of \(context.job.state.rawValue)")
                        return .done
                    }),
            ])
        ])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.log.first(.jobFailed)
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["undo b of compensating", "undo a"])
        #expect(try await shop.store.job(Fixtures.id(1))?.failure == brokenDisk)
        #expect(try await shop.store.instance(.id(Fixtures.id(1)))?.phase == .failed)
        try await shop.expectWholeLedger()
    }

    @Test func anUnknownErrorOfAStepIsAPermanentFailureWithoutDetails() async throws {
        struct Odd: Error { let secret = "hunter2" }
        let shop = try Workshop()
        let engine = shop.engine([
            provision([step("a") { _ in throw Odd() }])
        ])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.log.first(.jobFailed)
            try await shop.idle(engine)
        }
        let failure = try #require(try await shop.store.job(Fixtures.id(1))?.failure)
        #expect((failure.errorClass, failure.code) == (.permanent, "internal"))
        #expect(!failure.message.contains("hunter2"))
    }

    /// A step throws `CancellationError` although its own task was not cancelled. It is retried after a backoff.
    @Test func aCancellationErrorThrownByAStepIsRetriedAfterABackoff() async throws {
        let shop = try Workshop()
        let engine = shop.engine([
            provision([
                step("a") { _ in
                    shop.note("try")
                    if shop.notes("try") == 1 { throw CancellationError() }
                    return .done
                }
            ])
        ])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in try await shop.drive(engine, until: .jobSucceeded, of: Fixtures.id(1)) }
        #expect(shop.notes("try") == 2)
        #expect(shop.log.events.filter { $0.entry.type == .stepRetrying }.count == 1)
    }

    @Test func aJobOfAnUnknownKindDoesNotHoldUpTheOthers() async throws {
        let shop = try Workshop()
        let engine = shop.engine([provision([step("a") { _ in .done }])], workers: 1)
        let unknown = Fixtures.provision(1, at: start)
        var submission = unknown
        submission.job.kind = .restart
        _ = try await shop.store.submit(submission)
        _ = try await shop.store.submit(Fixtures.provision(2, at: start))
        try await shop.run(engine) { _ in
            try await shop.log.first(.jobSucceeded, of: Fixtures.id(2))
            try await shop.idle(engine)
        }
        #expect(try await shop.store.job(Fixtures.id(1))?.state == .queued)
    }
}
