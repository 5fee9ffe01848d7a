import AuraModel
import JSON
import Logging
import Storage
import TestKit
import Testing

@testable import Reconciliation

/// A source of keys in memory, whose keys have power according to the traits. It uses the default `powerOff`.
private struct Ring: ResourceSource {
    let key = Resource(
        key: .init(kind: .key, id: "7"), name: "aura-ada-00000001-g1", instance: InstanceID("gone"), isOn: true)
    let traits = ResourceTraits(
        kind: .key, instanceKind: .agent, noun: "key", identification: .labels, hasPower: true)

    func inventory() async throws -> [Resource] { [key] }
    func current(_ resource: Resource) async throws -> Resource? { key }
    func find(for instance: Instance) async throws -> [FoundResource] { [] }
    func delete(_ resource: Resource) async throws { Issue.record("deleted \(resource.name)") }
}

@Suite struct ExecutorTests {
    private let store = ModelStore()
    private let time = ManualTime()
    private let source = Ring()

    /// Runs one sweep over the keys, and returns its finding.
    private func sweep() async throws -> Finding {
        let faults = RowFaults(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let input = try await SweepInputReader(store: store, sources: [source], faults: faults).read(now: time.now())
        let plan = ReconcilePlan(input: input, settings: ReconcilerSettings())
        let findings = try await ReconcileExecutor(
            store: store, sources: [source], time: time, renewLease: {}
        ).carryOut(plan)
        return try #require(findings.first)
    }

    private func alerts() async throws -> [EventDraft] {
        let query = EventQuery(filter: EventFilter(types: [.alertRaised]), after: 0, limit: 100)
        return try await store.events(query).map(\.entry)
    }

    /// The traits of the kind and the source disagree. The sweep reports that, backs off and raises an alert. It
    /// deletes nothing before the grace is over.
    @Test func aSourceThatCannotCutThePowerIsReportedAndBacksOff() async throws {
        #expect(try await sweep().action == .none)
        time.advance(by: .seconds(60))
        let refused = try await sweep()
        #expect(refused.action == .failed)
        #expect(refused.reason == "a resource of the kind key cannot be powered off")
        let observation = try #require(try await store.observations().rows.first)
        #expect(observation.failures == 1)
        let retryAt = try #require(observation.retryAt)
        #expect(retryAt > time.now())

        time.advance(by: .seconds(30))
        #expect(try await sweep().action == .deferred)
        #expect(try await alerts().map { $0.data?["code"] } == ["orphan"])

        time.advance(to: retryAt)
        #expect(try await sweep().action == .failed)
        let last = try #require(try await alerts().last)
        #expect(last.data?["code"] == .string(ReconcileExecutor.failedCode))
        #expect(last.message.hasSuffix("cannot be removed: a resource of the kind key cannot be powered off"))
    }

    @Test func powerOffOfAResourceWithoutPowerIsAPermanentFailure() async throws {
        let failure = await #expect(throws: Failure.self) { try await source.powerOff(source.key) }
        #expect((failure?.errorClass, failure?.code) == (.permanent, "noPower"))
    }
}
