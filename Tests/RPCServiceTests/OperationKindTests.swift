import AuraAPI
import AuraModel
import JSONRPC
import Jobs
import Storage
import TestKit
import Testing

@testable import RPCService

/// Operations with one name on several kinds of instances.
@Suite struct OperationKindTests {
    private static let worker = InstanceKind(rawValue: "worker")
    private let store = ModelStore()
    private let service: RPCService

    init() {
        service = .forTests(
            store,
            operations: [
                Self.restart(of: .agent, version: 1, seconds: 60),
                Self.restart(of: Self.worker, version: 7, seconds: 600),
            ])
    }

    private static func restart(of kind: InstanceKind, version: Int, seconds: Int) -> Operation {
        let definition = JobDefinition(
            kind: .restart, of: .test(kind), version: version, phaseOnSuccess: .running, phaseOnFailure: .failed,
            timeLimit: .seconds(seconds), steps: [])
        return Operation(definition) { instance, _ in .accept(instance) }
    }

    private func restart(_ kind: InstanceKind) async throws -> Job? {
        let instance = Fixtures.instance(1, of: .test(kind), name: "ada", at: Fixture.now)
        let result = try await service.submit(
            NewOperation(
                target: .new(instance), in: .all, kind: .restart, change: ChangeID("c"),
                principal: PrincipalID("uid:0"), tenant: Tenant.default, request: "",
                admit: service.operations.admission(of: .restart)))
        return try await store.job(result.job.id)
    }

    @Test func aJobFollowsTheDefinitionForTheKindOfItsInstance() async throws {
        let job = try #require(try await restart(Self.worker))
        #expect(job.definitionVersion == 7)
        #expect(job.deadline - job.createdAt == .seconds(600))
    }

    @Test func anotherKindHasItsOwnDefinition() async throws {
        let job = try #require(try await restart(.agent))
        #expect(job.definitionVersion == 1)
        #expect(job.deadline - job.createdAt == .seconds(60))
    }

    @Test func aKindWithoutSuchAnOperationIsAPhaseConflict() async throws {
        let error = await #expect(throws: RPCError.self) { try await restart(InstanceKind(rawValue: "service")) }
        #expect(error?.code == .phaseConflict)
        #expect(error?.message.contains("instances of the kind service") == true)
    }
}
