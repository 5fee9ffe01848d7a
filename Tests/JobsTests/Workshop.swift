import AuraModel
import JSON
import Locking
import Logging
import ServiceLifecycle
import Storage
import StorageSQLite
import TestKit
import Testing

@testable import Jobs

/// Runs a real engine on a real SQLite file, with a clock that the test moves.
///
/// An idle engine sleeps in three tasks: until the next heartbeat, until the next check of its runs, and until the next
/// look for jobs.
final class Workshop: Sendable {
    static let restingSleepers = 3

    let directory: TemporaryDirectory
    let store: ProbedStore
    let time = ManualTime(milliseconds: start.milliseconds)
    let log = EventLog()
    let gate = Gate()
    private let lines = Locked<[String]>([])

    init() throws {
        directory = try TemporaryDirectory()
        store = ProbedStore(try SQLiteStore(path: directory.file("aura.db"), kinds: .test, installation: "first"))
        store.observe(log.append)
    }

    /// The notes of the steps, one line each, in order.
    var diary: [String] { lines.withLock { $0 } }

    func note(_ line: String) {
        lines.withLock { $0.append(line) }
    }

    /// The number of notes that equal `line`.
    func notes(_ line: String) -> Int {
        diary.count { $0 == line }
    }

    func engine(
        _ definitions: [JobDefinition], workers: Int = 4, jobsPerTenant: Int? = nil, owner: String = "here"
    ) -> JobEngine {
        JobEngine(
            store: store, catalogue: JobCatalogue(definitions),
            settings: EngineSettings(owner: owner, workers: workers, claimBatch: 8, jobsPerTenant: jobsPerTenant),
            time: time,
            random: FixedRandom(1 << 63), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs the engine while `body` runs, then shuts it down gracefully and waits for its end.
    func run(_ engine: JobEngine, _ body: (_ shutDown: @Sendable () async -> Void) async throws -> Void) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [engine], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body {
                    await group.triggerGracefulShutdown()
                    // The group only forwards the shutdown, so wait until the engine has seen it.
                    while !engine.isDraining || engine.present.contains(where: { $0.stop.reason != .drain }) {
                        await Task.yield()
                    }
                }
            } catch {
                gate.abandon()
                tasks.cancelAll()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Returns once no worker of the engine holds a job.
    func idle(_ engine: JobEngine) async throws {
        while true {
            let sleeps = time.sleeps
            if engine.jobsRunning == 0 { return }
            try await time.sleeps(moreThan: sleeps)
        }
    }

    /// Returns once the engine holds no job and all its tasks sleep.
    func rest(_ engine: JobEngine) async throws {
        repeat {
            await Task.yield()
            try await time.sleepers(atLeast: Self.restingSleepers)
            try await idle(engine)
        } while !engine.isAtRest
        try await time.sleepers(atLeast: Self.restingSleepers)
    }

    /// Moves the clock by a second whenever the engine is idle, until the event has come. Records an issue after
    /// `seconds`.
    func drive(_ engine: JobEngine, until type: EventType, of job: JobID, seconds: Int = 2000) async throws {
        for _ in 0..<seconds {
            try await rest(engine)
            if log.events.contains(where: { $0.entry.type == type && $0.entry.job == job }) { return }
            time.advance(by: .seconds(1))
        }
        Issue.record("\(type.rawValue) of \(job) did not come within \(seconds) s")
    }

    /// Checks that the ledger has no gap and that the observer got each event once, in order.
    func expectWholeLedger(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let events = try await store.events(EventQuery(after: 0, limit: 100_000))
        let seqs = events.map(\.seq)
        #expect(seqs == Array(1...Int64(max(events.count, 1))), sourceLocation: sourceLocation)
        #expect(log.events == events, sourceLocation: sourceLocation)
    }
}

/// A provision with these steps.
func provision(_ steps: [Step]) -> JobDefinition {
    JobDefinition(
        kind: .provision, of: .test, version: 1, phaseOnSuccess: .running, phaseOnFailure: .failed,
        phaseWhileUndoing: .rollingBack, timeLimit: .seconds(3600), steps: steps)
}

func step(
    _ name: String, timeLimit: Duration = .seconds(1200), perform: @escaping Step.Action, undo: Step.Action? = nil
) -> Step {
    Step(name, phase: .provisioning, timeLimit: timeLimit, weight: 1, perform: perform, undo: undo)
}
