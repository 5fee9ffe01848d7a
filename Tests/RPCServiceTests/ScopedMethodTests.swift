import AuraAPI
import AuraModel
import JSONRPC
import Jobs
import Storage
import TestKit
import Testing

@testable import RPCService

/// A method that is called with the scope of one tenant replies about an object of another tenant as about an object
/// that does not exist.
@Suite struct ScopedMethodTests {
    private static let own = TenantID("own")
    private static let foreign = TenantID("foreign")
    private static let scope = TenantScope.only([own])
    private static let caller = PrincipalID("uid:1000")

    private let store = ModelStore()
    private let service: RPCService

    init() async throws {
        let restart = JobDefinition(
            kind: .restart, of: .test, version: 1, phaseOnSuccess: .running, phaseOnFailure: .failed,
            timeLimit: .seconds(60), steps: [])
        service = .forTests(store, operations: [Operation(restart) { instance, _ in .accept(instance) }])
        for (number, tenant) in [(1, Self.own), (2, Self.foreign)] {
            _ = try await store.submit(Fixtures.provision(number, tenant: tenant, at: Fixture.now))
        }
    }

    /// Returns the error of a call about the object with this number, with the number of an unknown object.
    private func refusal(_ number: Int, _ call: (RPCService, JobID, String) async throws -> Void) async -> RPCError? {
        let id = Fixtures.id(number, Job.self)
        do {
            try await call(service, id, id.text)
            return nil
        } catch var error as RPCError {
            error.message = error.message.replacing(id.text, with: Fixtures.id(9, Job.self).text)
            return error
        } catch {
            Issue.record("unexpected: \(error)")
            return nil
        }
    }

    @Test func eachMethodHidesForeignObjects() async throws {
        let calls: [(String, (RPCService, JobID, String) async throws -> Void)] = [
            ("job.get", { service, job, _ in _ = try await service.job(job, in: Self.scope) }),
            ("job.explain", { service, job, _ in _ = try await service.explain(job, in: Self.scope) }),
            (
                "job.wait",
                { service, job, _ in _ = try await service.wait(JobWaitParameters(job: job), in: Self.scope) }
            ),
            ("job.cancel", { service, job, _ in _ = try await service.cancel(job, in: Self.scope, by: Self.caller) }),
            (
                "job.retry",
                { service, job, _ in
                    _ = try await service.retry(JobRetryParameters(job: job), in: Self.scope, by: Self.caller)
                }
            ),
            (
                "job.list",
                { service, _, instance in
                    _ = try await service.jobs(JobListParameters(instance: instance), in: Self.scope)
                }
            ),
            (
                "status.get",
                { service, _, instance in
                    _ = try await service.get(StatusGetParameters(instance: instance), in: Self.scope)
                }
            ),
            (
                "restart of the own tenant",
                { service, _, instance in
                    let parameters = InstanceOperationParameters(instance: instance, tenant: Self.own)
                    _ = try await service.operate(.restart, parameters, in: Self.scope, by: Self.caller)
                }
            ),
            (
                "restart of the foreign tenant",
                { service, _, instance in
                    let parameters = InstanceOperationParameters(instance: instance, tenant: Self.foreign)
                    _ = try await service.operate(.restart, parameters, in: Self.scope, by: Self.caller)
                }
            ),
        ]
        let before = try await store.events(EventQuery(after: 0, limit: 100))
        for (name, call) in calls {
            let foreign = await refusal(2, call)
            let unknown = await refusal(9, call)
            #expect(foreign == unknown, "\(name)")
            #expect(foreign?.code == (name.hasPrefix("job.") && name != "job.list" ? .jobNotFound : .instanceNotFound))
        }
        #expect(try await store.events(EventQuery(after: 0, limit: 100)) == before)
    }

    @Test func listsHaveOnlyObjectsOfTheScope() async throws {
        #expect(try await service.list(StatusListParameters(), in: Self.scope).instances.map(\.tenant) == [Self.own])
        #expect(try await service.jobs(JobListParameters(), in: Self.scope).jobs.map(\.tenant) == [Self.own])
        #expect(try await service.list(StatusListParameters(tenant: Self.foreign), in: Self.scope).instances.isEmpty)
        #expect(try await service.jobs(JobListParameters(tenant: Self.foreign), in: Self.scope).jobs.isEmpty)
        #expect(try await service.list(StatusListParameters(), in: .all).instances.count == 2)
        // The page is full, and no row of the scope follows.
        #expect(try await service.list(StatusListParameters(limit: 1), in: Self.scope).next == nil)
        #expect(try await service.list(StatusListParameters(limit: 1), in: .all).next == Fixtures.id(1))
    }

    @Test func ownObjectsAreFound() async throws {
        let id = Fixtures.id(1, Job.self)
        #expect(try await service.job(id, in: Self.scope).job.id == id)
        #expect(try await service.get(StatusGetParameters(instance: id.text), in: Self.scope).job?.id == id)
        #expect(try await service.explain(id, in: Self.scope).job.id == id)
        #expect(try await service.cancel(id, in: Self.scope, by: Self.caller).job.id == id)
    }
}
