import AuraModel
import DriverKit
import Jobs
import Storage

/// `destroy`: nothing is left in the outside world. Accepted in every phase; it takes over from whatever runs.
///
/// Once begun it only goes forward: what is in its way parks it, and it never lets go of a machine that may exist.
/// It looks by deterministic name as well as by id, since the job it took over from may not have written its ids down.
enum Destroy {
    static func admit(_ instance: Instance, _ active: [Job]) throws -> Admission {
        if instance.phase == .destroyed {
            throw Admissions.conflict("\(instance.name) is destroyed already")
        }
        if let same = active.first(where: { $0.kind == .destroy }) { return .join(same.id) }
        var wanted = instance
        wanted.desired = .destroyed
        return active.isEmpty ? .accept(wanted) : .supersede(wanted)
    }

    /// Deletes the machine first, because it costs money and may be compromised. The tailnet device and the SSH key
    /// follow in steps of their own. A part that its provider refuses to delete for some minutes is left to the sweep.
    static func definition(_ services: MachineServices) -> JobDefinition {
        let removal = Removal(services: services)
        return JobDefinition(
            kind: .destroy, version: 2, phaseOnSuccess: .destroyed, phaseOnFailure: .degraded,
            timeLimit: timeLimit, pivot: 0,
            steps: [
                teardown(services),
                Step("server.delete", phase: .destroying, timeLimit: patience, weight: 5) {
                    try await removal.serverBeforeAll($0)
                },
                Step("network.leave", phase: .destroying, timeLimit: .seconds(600), weight: 1) {
                    try await removal.orLeave("the tailnet device", $0) { try await removal.devices($0) }
                },
                Step("key.delete", phase: .destroying, timeLimit: .seconds(600), weight: 1) {
                    try await removal.orLeave("the SSH key", $0) { try await removal.key($0) }
                },
                credentials(services),
            ])
    }

    /// The order of version 1, for destroys that began under it: steps are known by their place.
    static func firstDefinition(_ services: MachineServices) -> JobDefinition {
        let removal = Removal(services: services)
        return JobDefinition(
            kind: .destroy, version: 1, phaseOnSuccess: .destroyed, phaseOnFailure: .degraded,
            timeLimit: timeLimit, pivot: 0,
            steps: [
                teardown(services),
                Step("network.leave", phase: .destroying, timeLimit: patience, weight: 1) {
                    try await removal.orLeave("the tailnet device", $0) { try await removal.devices($0) }
                },
                Step("server.delete", phase: .destroying, timeLimit: patience, weight: 5) {
                    try await removal.server($0)
                },
                Step("key.delete", phase: .destroying, timeLimit: patience, weight: 1) {
                    try await removal.orLeave("the SSH key", $0) { try await removal.key($0) }
                },
                credentials(services),
            ])
    }

    private static let patience = Duration.seconds(12 * 3600)
    private static let timeLimit = Duration.seconds(24 * 3600)

    private static func teardown(_ services: MachineServices) -> Step {
        Step("host.teardown", phase: .destroying, timeLimit: .seconds(180), weight: 5) {
            try await Teardown(services: services).perform($0)
        }
    }

    private static func credentials(_ services: MachineServices) -> Step {
        Step("credentials.remove", phase: .destroying, timeLimit: patience, weight: 0.2) {
            try await CredentialSteps(services: services).remove($0)
        }
    }
}
