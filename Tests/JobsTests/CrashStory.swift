import AuraModel
import Locking
import Logging
import Storage
import TestKit
import Testing

@testable import Jobs

/// A request that comes while the job runs.
enum Wish: String, CaseIterable {
    case cancel, destroy
}

/// Runs one job from its submission to its end, through as many daemon lives as needed.
///
///     life 1  claim ▸ begin ▸ effect ▸ ✗
///     life 2                            take over ▸ claim ▸ look ▸ adopt ▸ … ▸ ✗
///     life 3                                                                     take over ▸ claim ▸ …
struct CrashStory {
    /// The final state, when no work is left.
    struct Ending: Equatable {
        var states: [JobState] = []
        var failures: [String?] = []
        var phase: Phase?
        var steps: [String] = []
        var things: Set<String> = []
    }

    let scenario: CrashScenario
    let store: any Store
    let log = EventLog()
    let time = ManualTime(milliseconds: start.milliseconds)
    private let present = Locked<@Sendable () async throws -> Void>({})
    /// The number of boundaries of all lives so far.
    private(set) var boundaries = 0
    private(set) var lives = 0

    init(_ kind: CrashScenario.Kind, store: any Store) {
        let present = present
        self.store = store
        scenario = CrashScenario(
            kind: kind, pass: { try await present.withLock { $0 }() },
            committed: { job, step in try await store.steps(of: job).first { $0.name == step }?.state })
        store.observe(log.append)
    }

    /// Runs the job to its end.
    ///
    /// - Parameter crashes: the boundary at which each life ends, counted within that life. One more life follows,
    ///   which runs to the end.
    /// - Parameter wish: a request that is sent at `wishBoundary`, which is counted over all lives.
    /// - Parameter builds: the programs of the lives in order; all later lives run the last one.
    mutating func tell(
        crashes: [Int] = [], wish: Wish? = nil, at wishBoundary: Int? = nil, builds: [CrashScenario.Build] = [.old]
    ) async throws {
        var submission = Fixtures.provision(1, name: "ada", at: time.now())
        let first = scenario.catalogue(builds[0])
        submission.job.definitionVersion = first.definition(for: .provision, of: .agent)?.plan.version ?? 0
        _ = try await store.submit(submission)
        for crash in crashes.map({ Optional($0) }) + [nil] {
            lives += 1
            let life = Life(until: crash)
            let wishBoundary = wishBoundary.map { $0 - boundaries }
            let (store, time) = (store, time)
            present.withLock { present in
                present = {
                    try life.pass()
                    if let wish, life.boundaries == wishBoundary { try await Self.ask(wish, store, time) }
                }
            }
            _ = try await store.takeOverLeases(owner: "life-\(lives)", singletonLeases: [])
            try await live(life, builds[min(lives, builds.count) - 1])
            boundaries += life.boundaries
        }
    }

    /// Claims and works until no work is left or this life is over.
    private func live(_ life: Life, _ build: CrashScenario.Build) async throws {
        let catalogue = scenario.catalogue(build)
        let probed = ProbedStore(store)
        probed.before { [pass = scenario.pass] _ in try await pass() }
        probed.after { [pass = scenario.pass] _ in try await pass() }
        for _ in 0..<200 {
            let request = ClaimRequest(
                owner: "life-\(lives)", limit: 4, lease: .seconds(30), scope: catalogue.scope, now: time.now())
            let claims = (try? await probed.claim(request).claims) ?? []
            if life.isOver { return }
            for claim in claims { await work(claim, probed, catalogue) }
            if life.isOver { return }
            guard claims.isEmpty else { continue }
            guard let due = try await store.nextDue(catalogue.scope) else { return }
            time.advance(to: due)
        }
        Issue.record("life \(lives) does not come to an end")
    }

    private func work(_ claim: Claim, _ probed: ProbedStore, _ catalogue: JobCatalogue) async {
        guard let definition = catalogue.definition(of: claim.job) else { return }
        let environment = JobRun.Environment(
            store: probed, time: time, random: FixedRandom(1 << 63), lease: .seconds(30), leaseMargin: .zero,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let run = JobRun(
            claim: claim, definition: definition, policy: RetryPolicy(), environment: environment,
            leaseEnd: time.uptime() + .seconds(30))
        await run.work()
    }

    private static func ask(_ wish: Wish, _ store: any Store, _ time: ManualTime) async throws {
        switch wish {
        case .cancel:
            do {
                _ = try await store.requestCancellation(CancellationRequest(job: Fixtures.id(1), now: time.now()))
            } catch {
                guard error.code == .jobTerminal else { throw error }
            }
        case .destroy:
            _ = try await store.submit(Fixtures.destroy(2, on: .id(Fixtures.id(1)), at: time.now()))
        }
    }

    func ending() async throws -> Ending {
        var ending = Ending()
        for job in try await store.jobs(JobQuery()).rows {
            ending.states.append(job.state)
            ending.failures.append(job.failure?.message)
            ending.steps += try await store.steps(of: job.id).map { "\($0.name) \($0.state.rawValue)" }
        }
        ending.phase = try await store.instance(.id(Fixtures.id(1)))?.phase
        ending.things = Set(scenario.cloud.things.keys)
        return ending
    }
}

extension CrashStory {
    /// Checks the rules that hold at the end of every run, and returns those that were broken.
    func violations() async throws -> [String] {
        var found = scenario.cloud.violations
        let events = try await store.events(EventQuery(after: 0, limit: 100_000))
        if events.map(\.seq) != Array(1...Int64(events.count)) { found.append("the ledger has a gap") }
        if log.events != events { found.append("the observer saw another ledger") }
        let jobs = try await store.jobs(JobQuery()).rows
        for job in jobs {
            let own = events.filter { $0.entry.job == job.id }.map(\.entry)
            if !job.state.isTerminal { found.append("\(job.kind) is \(job.state) for ever") }
            if own.count(where: { $0.type.endsJob }) != 1 { found.append("\(job.kind) does not end once") }
            if own.last?.type.endsJob != true { found.append("\(job.kind) speaks after its end") }
            let progress = own.compactMap(\.progress)
            if progress != progress.sorted() { found.append("progress of \(job.kind) falls: \(progress)") }
            for type in [EventType.jobStarted, .stepStarted, .stepDone, .stepUndoing, .stepUndone] {
                let said = own.filter { $0.type == type }.map(\.step)
                if Set(said).count != said.count { found.append("\(job.kind) says \(type.rawValue) twice") }
            }
        }
        if let made = scenario.cloud.made.first(where: { $0.value > 1 }) { found.append("\(made.key) was made again") }
        return found + (try await orphans(jobs))
    }

    /// Returns a message for each thing that was left behind, or that a successful provision does not know by its id.
    private func orphans(_ jobs: [Job]) async throws -> [String] {
        let succeeded = jobs.map(\.kind) == [.provision] && jobs.map(\.state) == [.succeeded]
        guard succeeded else { return scenario.cloud.things.keys.map { "\($0) is left behind" } }
        let steps = try await store.steps(of: Fixtures.id(1))
        return ["key", "server", "device"].compactMap { name in
            let known = steps.first { $0.name == name }?.externalID
            return known != nil && known == scenario.cloud.find(name) ? nil : "\(name) is not known by its id"
        }
    }
}
