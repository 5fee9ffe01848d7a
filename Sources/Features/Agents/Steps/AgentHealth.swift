import AuraModel
import DriverKit
import JSON
import Jobs

/// Waits until the agent has started. Channels that are not ready are reported and do not fail the step.
struct AgentHealth {
    let services: MachineServices

    func perform(_ context: StepContext) async throws -> StepOutcome {
        let instance = context.instance
        let health = services.settings.health
        guard let address = instance.server?.address else {
            throw Failure(.permanent, code: "addressMissing", message: "the machine of \(instance.name) has no address")
        }
        let access = health.usesSSH ? try await services.access(to: instance) : nil
        do {
            let report = try await services.health.probe(
                HealthTarget(address: address, port: health.port, access: access))
            if let channels = report.channelsNotReady {
                try await context.report("channels not ready: \(channels)")
            }
            try await context.report(
                "the agent answers \(report.status)", fraction: 1, data: ["body": .string(report.body)])
            return .done
        } catch let failure as Failure where failure.errorClass == .transient {
            return .wait(services.settings.pace.healthPoll, reason: "for the agent to start: \(failure.message)")
        }
    }
}
