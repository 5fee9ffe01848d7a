import AuraModel
import DriverKit
import Jobs
import Storage

/// `destroy`: removes every resource of an instance at the providers. Accepted in every phase but `destroyed`.
/// Supersedes any other active job; a second destroy joins the first.
///
/// The job is never undone. An obstacle parks the job, and a machine that may exist is never given up. The job finds
/// resources by deterministic name as well as by id, because the superseded job may not have recorded its ids.
enum Destroy {
    static func admit(_ instance: Instance, _ active: [Job]) throws(StorageError) -> Admission {
        if instance.phase == .destroyed {
            throw Admissions.conflict("\(instance.name) is destroyed already")
        }
        if let same = active.first(where: { $0.kind == .destroy }) { return .join(same.id) }
        var wanted = instance
        wanted.desired = .destroyed
        return active.isEmpty ? .accept(wanted) : .supersede(wanted)
    }

    /// Deletes the machine first, because it costs money and may be compromised. The tailnet device and the SSH key
    /// follow in steps of their own. If a provider refuses for some minutes to delete one of these two, the sweep
    /// deletes it later.
    static func definition(_ services: MachineServices) -> JobDefinition {
        let removal = Removal(services: services)
        return JobDefinition(
            kind: .destroy, of: Agents.kind, version: 2, phaseOnSuccess: .destroyed, phaseOnFailure: .degraded,
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

    /// Returns the definition of version 1, which has another order of steps, for jobs that began with it.
    static func firstDefinition(_ services: MachineServices) -> JobDefinition {
        let removal = Removal(services: services)
        return JobDefinition(
            kind: .destroy, of: Agents.kind, version: 1, phaseOnSuccess: .destroyed, phaseOnFailure: .degraded,
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
