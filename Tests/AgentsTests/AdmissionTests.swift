import AuraModel
import Jobs
import Storage
import TestKit
import Testing

@testable import Agents

@Suite("Admission of operations by phase")
struct AdmissionTests {
    static let settled: [(JobKind, Set<Phase>)] = [
        (.suspend, [.running, .degraded]), (.resume, [.suspended, .degraded]), (.restart, [.running, .degraded]),
    ]

    @Test("power operations are accepted only in their phases, and a refusal names the phase", arguments: settled)
    func power(_ kind: JobKind, _ allowed: Set<Phase>) throws {
        for phase in Phase.allCases {
            let instance = Fixture.instance(phase: phase)
            if allowed.contains(phase) {
                guard case .accept(let wanted) = try Self.admit(kind, instance, []) else {
                    Issue.record("\(kind) from \(phase) was not accepted")
                    continue
                }
                #expect(wanted.desired == (kind == .suspend ? .suspended : .running))
            } else {
                let error = #expect(throws: StorageError.self) { try Self.admit(kind, instance, []) }
                #expect(error?.code == .phaseConflict)
                #expect(error?.message.contains("it is \(phase.rawValue)") == true)
            }
        }
    }

    @Test("a repeated operation joins the active job", arguments: [JobKind.suspend, .resume, .restart, .destroy])
    func joins(_ kind: JobKind) throws {
        let instance = Fixture.instance(phase: .running)
        let active = Fixture.job(kind, of: instance)
        #expect(try Self.admit(kind, instance, [active]) == .join(active.id))
    }

    @Test(
        "an operation is refused while a job of another kind is active, and the error names the job",
        arguments: [JobKind.suspend, .resume, .restart])
    func busy(_ kind: JobKind) {
        let instance = Fixture.instance(phase: .running)
        let active = Fixture.job(.provision, of: instance)
        let error = #expect(throws: StorageError.self) { try Self.admit(kind, instance, [active]) }
        #expect(error?.code == .instanceBusy)
        #expect(error?.job == active.id)
    }

    @Test("destroy is accepted in every phase except destroyed, and supersedes the active job")
    func destroy() throws {
        for phase in Phase.allCases where phase != .destroyed {
            let instance = Fixture.instance(phase: phase)
            var wanted = instance
            wanted.desired = .destroyed
            #expect(try Self.admit(.destroy, instance, []) == .accept(wanted))
            #expect(try Self.admit(.destroy, instance, [Fixture.job(.provision, of: instance)]) == .supersede(wanted))
        }
        let error = #expect(throws: StorageError.self) {
            try Self.admit(.destroy, Fixture.instance(phase: .destroyed), [])
        }
        #expect(error?.code == .phaseConflict)
    }

    private static func admit(_ kind: JobKind, _ instance: Instance, _ active: [Job]) throws -> Admission {
        kind == .provision
            ? Provision.admit(instance, active)
            : try Agents.operations(OperationBench().services).admission(of: kind)(instance, active)
    }
}
