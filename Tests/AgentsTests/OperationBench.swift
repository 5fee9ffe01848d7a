import AuraModel
import DriverKit
import JSON
import Locking
import Logging
import Storage
import TestKit

@testable import Agents
@testable import Jobs

/// A clock that moves only when a task sleeps: a sleep ends at once and moves the clock by its duration.
final class LeapingTime: TimeSource {
    private let moment = Locked(Fixture.now)

    func now() -> Timestamp { moment.withLock { $0 } }
    func uptime() -> Duration { .milliseconds(now().milliseconds) }
    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        moment.withLock { $0 = $0 + duration }
    }
    func leap(to later: Timestamp) { moment.withLock { $0 = max($0, later) } }
}

/// Runs the real operations on an in-memory store and a ``FakeOutside``, one claim after the other, without waiting.
final class OperationBench: Sendable {
    let time: LeapingTime
    let store: ModelStore
    let outside: FakeOutside
    let services: MachineServices
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    private let identifiers: IdentifierSource
    private let random = SeededRandom(seed: 7)

    init(_ change: (inout MachineSettings) -> Void = { _ in }) {
        time = LeapingTime()
        store = ModelStore(installation: "bench")
        outside = FakeOutside(time: time)
        identifiers = IdentifierSource(time: time, random: random)
        var settings = MachineSettings(
            regions: ["eu-central"], sizes: ["small"], image: "debian-13", agent: AgentSettings(),
            tailnet: TailnetSettings(variables: [:]), health: HealthSettings(port: 18789, usesSSH: true))
        change(&settings)
        services = MachineServices(
            installation: store.installation, compute: outside, network: outside, configuration: outside,
            health: outside, shell: outside, credentials: outside, settings: settings)
    }

    /// Creates another daemon on the database of `other`, with its own store of credentials.
    init(beside other: OperationBench, credentials: any CredentialStore) {
        (time, store, outside, identifiers) = (other.time, other.store, other.outside, other.identifiers)
        var services = other.services
        services.credentials = credentials
        self.services = services
    }

    /// Provisions an instance and returns the ended job.
    func provision(_ name: String = "ada") async throws -> Job {
        let instance = Instance(
            of: Agents.kind, id: identifiers.next(), tenant: Tenant.default, name: name, region: "eu-central",
            size: "small",
            change: ChangeID("c"), createdAt: time.now())
        return try await work(off: try await submit(.provision, .new(instance)) { instance, _ in .accept(instance) })
    }

    /// Runs an operation on the instance with this name. Returns the ended job, or the job after `rounds` claims.
    func operate(_ kind: JobKind, _ name: String = "ada", rounds: Int = 400) async throws -> Job {
        let target = Submission.Target.existing(.name(name, tenant: Tenant.default), tenant: Tenant.default)
        return try await work(
            off: try await submit(kind, target, Agents.operations(services).admission(of: kind)), rounds: rounds)
    }

    func instance(_ name: String = "ada") async throws -> Instance? {
        try await store.instance(.name(name, tenant: Tenant.default))
    }

    /// The `data.code` of every alert so far.
    func alerts() async throws -> [String] {
        try await events(.alertRaised).compactMap { $0.data?["code"]?.stringValue }
    }

    func events(_ type: EventType) async throws -> [EventDraft] {
        try await store.events(EventQuery(filter: EventFilter(types: [type]), after: 0, limit: 10_000)).map(\.entry)
    }

    private func submit(
        _ kind: JobKind, _ target: Submission.Target,
        _ admit: @escaping @Sendable (Instance, [Job]) throws(StorageError) -> Admission
    ) async throws -> JobID {
        let plan = JobCatalogue(Agents.operations(services)).definition(for: kind, of: .agent)?.plan
        let job = NewJob(
            id: identifiers.next(), kind: kind, change: ChangeID("c"), definitionVersion: plan?.version ?? 1,
            input: .null,
            deadline: time.now() + (plan?.timeLimit ?? .zero))
        let submission = Submission(target: target, job: job, idempotency: nil, now: time.now(), admit: admit)
        return try await store.submit(submission).job.id
    }

    func work(off id: JobID, rounds: Int = 400) async throws -> Job {
        let catalogue = JobCatalogue(Agents.operations(services))
        for _ in 0..<rounds {
            guard let job = try await store.job(id), !job.state.isTerminal else { break }
            if let due = try await store.nextDue(.everything) { time.leap(to: due) }
            let request = ClaimRequest(
                owner: "bench", limit: 4, lease: .seconds(30), scope: catalogue.scope, now: time.now())
            for claim in try await store.claim(request).claims {
                guard let definition = catalogue.definition(of: claim.job) else { continue }
                let environment = JobRun.Environment(
                    store: store, time: time, random: random, lease: .seconds(30), leaseMargin: .seconds(1),
                    logger: logger)
                await JobRun(
                    claim: claim, definition: definition, policy: RetryPolicy(), environment: environment,
                    leaseEnd: time.uptime() + .seconds(86_400)
                ).work()
            }
        }
        guard let job = try await store.job(id) else { throw StorageError(.jobNotFound, "there is no job \(id)") }
        return job
    }
}
