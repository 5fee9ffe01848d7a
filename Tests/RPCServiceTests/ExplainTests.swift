import AuraAPI
import AuraModel
import EventStream
import JSONRPC
import Jobs
import Logging
import Reconciliation
import Storage
import TestKit
import Testing

@testable import RPCService

/// `job.explain` for jobs that only another version of the daemon can run.
@Suite struct ExplainTests {
    /// The machines of agents: a machine for each instance.
    private struct Machines: ResourceSource {
        let traits = ResourceTraits(
            kind: .server, instanceKind: .agent, noun: "machine", identification: .labels)

        func inventory() async throws -> [Resource] { [] }
        func current(_ resource: Resource) async throws -> Resource? { nil }
        func find(for instance: Instance) async throws -> [FoundResource] {
            [FoundResource(id: "42", name: instance.resourceName, state: "running", isOurs: true)]
        }
        func delete(_ resource: Resource) async throws {}
    }

    private let store = ModelStore()
    private let service: RPCService

    init() {
        let time = ManualTime()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let catalogue = JobCatalogue([
            JobDefinition(
                kind: .provision, of: .test, version: 1, phaseOnSuccess: .running, phaseOnFailure: .failed,
                timeLimit: .seconds(3600), steps: [])
        ])
        let sources: [any ResourceSource] = [Machines()]
        let faults = RowFaults(logger: logger)
        service = RPCService(
            store: store,
            engine: JobEngine(
                store: store, catalogue: catalogue, settings: EngineSettings(owner: "here"), time: time,
                random: FixedRandom(0), logger: logger),
            operations: [], catalogue: catalogue, sources: sources,
            subscriptions: Subscriptions(feed: EventFeed(head: 0), store: store, time: time, logger: logger),
            reconciler: Reconciler(
                store: store, sources: sources, settings: ReconcilerSettings(), owner: "here", faults: faults,
                time: time, logger: logger),
            quota: InstanceQuota(), faults: faults, identifiers: IdentifierSource(time: time, random: FixedRandom(0)),
            time: time,
            facts: DaemonFacts(version: "0", database: "model", startedAt: time.now(), limits: RPCLimits()))
    }

    /// Submits a job of a new instance, both of these kinds.
    private func submit(_ kind: JobKind, of instanceKind: InstanceKind) async throws -> JobID {
        let instance = Fixtures.instance(1, of: .test(instanceKind), name: "ada", at: Fixture.now)
        return try await store.submit(
            Submission(
                target: .new(instance), job: Fixtures.job(1, kind, at: Fixture.now), idempotency: nil,
                now: Fixture.now, admit: { instance, _ in .accept(instance) })
        ).job.id
    }

    /// No provider is asked about an instance whose resources this daemon does not know.
    @Test func aJobOfAnUnknownKindWaitsForADaemonThatHasItsDefinition() async throws {
        let explained = try await service.explain(
            try await submit(JobKind(rawValue: "publish"), of: InstanceKind(rawValue: "worker")))
        #expect(
            explained.summary
                == "The publish of ada waits for an aurad that has the definition worker/publish/1. "
                + "An aurad that has it goes on with it by itself: start one. No provider was asked: "
                + "this aurad does not know the resources of instances of the kind worker.")
        #expect(explained.waits?.for == "for an aurad that has the definition worker/publish/1")
        #expect((explained.resources, explained.unseen) == ([], []))
        #expect(explained.job.kind.rawValue == "publish")
        #expect(explained.job.steps == [])
    }

    @Test func theResourcesOfAnAgentAreShownForAJobOfAnUnknownKind() async throws {
        let explained = try await service.explain(try await submit(JobKind(rawValue: "publish"), of: .agent))
        #expect(explained.waits?.for == "for an aurad that has the definition agent/publish/1")
        #expect(explained.summary.hasSuffix("Outside there is server aura-ada-00000001-g1 (42, running)."))
        #expect(explained.resources.map(\.id) == ["42"])
    }

    /// A daemon that has the definition runs the job now.
    @Test func aJobOfAnUnknownKindThatIsRunningDoesNotWait() async throws {
        let id = try await submit(JobKind(rawValue: "publish"), of: InstanceKind(rawValue: "worker"))
        _ = try await store.claim(
            ClaimRequest(owner: "newer", limit: 1, lease: .seconds(30), scope: .everything, now: Fixture.now))
        let explained = try await service.explain(id)
        #expect(explained.waits == nil)
        #expect(explained.summary.hasPrefix("The publish of ada is at work. It goes on by itself; "))
    }
}
