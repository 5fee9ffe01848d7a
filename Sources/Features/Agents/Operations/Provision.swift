import AuraModel
import DriverKit
import JSON
import Jobs
import Storage

/// `provision`: creates a machine and starts the agent on it.
///
///     credentials.make ▶ key.create ▶ server.create ▶ server.boot ▶ machine.configure ▶ network.enrol ▶ agent.health
///           ◀ undo ──────── undo ◀────── undo ◀──────────────────────────────────────────── undo ◀
enum Provision {
    static func admit(_ instance: Instance, _ active: [Job]) -> Admission {
        .accept(instance)
    }

    /// Admits a new attempt after a provision that failed and was undone. The attempt builds the instance's next
    /// machine, with new names at the providers.
    static func admitAgain(_ instance: Instance, _ active: [Job]) throws(StorageError) -> Admission {
        if let same = active.first(where: { $0.kind == .provision }) { return .join(same.id) }
        guard instance.phase == .failed, active.isEmpty else {
            throw Admissions.conflict(
                "cannot provision \(instance.name) again: it is \(instance.phase.rawValue), and has to be failed")
        }
        var wanted = instance
        wanted.desired = .running
        wanted.phase = .queued
        wanted.generation += 1
        wanted.failure = nil
        return .revive(wanted)
    }

    static func definition(_ services: MachineServices) -> JobDefinition {
        let pace = services.settings.pace
        let removal = Removal(services: services)
        return JobDefinition(
            kind: .provision, of: Agents.kind, version: 1, phaseOnSuccess: .running, phaseOnFailure: .failed,
            phaseWhileUndoing: .rollingBack, timeLimit: .seconds(3600),
            steps: [
                Step(
                    "credentials.make", phase: .provisioning, timeLimit: .seconds(120), weight: 0.5,
                    perform: { try await CredentialSteps(services: services).make($0) },
                    undo: { try await CredentialSteps(services: services).remove($0) }),
                Step(
                    "key.create", phase: .provisioning, timeLimit: .seconds(600), weight: 1,
                    perform: { try await KeySteps(services: services).create($0) },
                    undo: { try await removal.key($0) }),
                Step(
                    "server.create", phase: .provisioning, timeLimit: .seconds(1800), weight: 20,
                    perform: { try await ServerCreation(services: services).perform($0) },
                    undo: { try await removal.server($0) }),
                Step(
                    "server.boot", phase: .provisioning, timeLimit: pace.bootLimit, weight: 20,
                    perform: { try await Boot(services: services).perform($0) }),
                Step(
                    "machine.configure", phase: .configuring, timeLimit: pace.configurationLimit * 3, weight: 60,
                    perform: { try await Configure(services: services).perform($0) }),
                Step(
                    "network.enrol", phase: .networking, timeLimit: pace.configurationLimit * 2, weight: 15,
                    perform: { try await Enrol(services: services).perform($0) },
                    undo: { try await removal.orLeave("the tailnet device", $0) { try await removal.devices($0) } }),
                Step(
                    "agent.health", phase: .networking, timeLimit: .seconds(300), weight: 2,
                    perform: { try await AgentHealth(services: services).perform($0) }),
            ])
    }
}
