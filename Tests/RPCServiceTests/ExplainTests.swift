import AuraAPI
import AuraModel
import Jobs
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
        service = .forTests(
            store,
            catalogue: JobCatalogue([
                JobDefinition(
                    kind: .provision, of: .test, version: 1, phaseOnSuccess: .running, phaseOnFailure: .failed,
                    timeLimit: .seconds(3600), steps: [])
            ]), sources: [Machines()])
    }

    /// Submits a job of the kind `kind` for a new instance of the kind `instanceKind`.
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
            try await submit(JobKind(rawValue: "publish"), of: InstanceKind(rawValue: "worker")), in: .all)
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
        let explained = try await service.explain(
            try await submit(JobKind(rawValue: "publish"), of: .agent), in: .all)
        #expect(explained.waits?.for == "for an aurad that has the definition agent/publish/1")
        #expect(explained.summary.hasSuffix("Outside there is server aura-ada-00000001-g1 (42, running)."))
        #expect(explained.resources.map(\.id) == ["42"])
    }

    /// A daemon that has the definition runs the job now.
    @Test func aJobOfAnUnknownKindThatIsRunningDoesNotWait() async throws {
        let id = try await submit(JobKind(rawValue: "publish"), of: InstanceKind(rawValue: "worker"))
        _ = try await store.claim(
            ClaimRequest(owner: "newer", limit: 1, lease: .seconds(30), scope: .everything, now: Fixture.now))
        let explained = try await service.explain(id, in: .all)
        #expect(explained.waits == nil)
        #expect(explained.summary.hasPrefix("The publish of ada is at work. It goes on by itself; "))
    }
}
