import AuraModel
import DriverKit
import JSON
import Jobs

/// Configures the new machine for the agent, with Ansible.
struct Configure {
    let services: MachineServices

    struct Memory: Codable, Sendable {
        var tries: RunTries?
    }

    func perform(_ context: StepContext) async throws -> StepOutcome {
        guard let driver = services.configuration else { return .done }
        let instance = context.instance
        guard var credentials = try await services.credentials.load(instance) else {
            throw Failure(.permanent, code: "credentialsMissing", message: "the keys of \(instance.name) are gone")
        }
        let run = try await run(context, credentials)
        var tries = try context.memory(Memory.self)?.tries
        let summary = try await context.use(
            place: ConfigurationSlots.name, limit: services.settings.configurationRuns,
            waitingFor: ConfigurationSlots.reason
        ) {
            try await RunTries.counting(&tries) { counted in
                try await context.checkpoint(Memory(tries: counted))
            } _: {
                try await driver.run(run) { try await RunReport(context: context).report($0) }
            }
        }
        guard let summary else { return ConfigurationSlots.wait }
        credentials.isConfigured = true
        try await services.credentials.save(credentials, for: instance)
        let version = summary.data["aura"]?["agentVersion"]?.stringValue
        try await context.checkpoint { $0.agentVersion = version ?? $0.agentVersion }
        return .done
    }

    private func run(_ context: StepContext, _ credentials: MachineCredentials) async throws -> ConfigurationRun {
        let agent = services.settings.agent
        var variables = agent.variables.merging(RunVariables.common(context)) { $1 }
        variables["host_key_public"] = .string(credentials.lastingHostKey.publicKey)
        var secrets: [String: Secret] = [
            "agent_gateway_token_file": credentials.gatewayToken,
            "host_key_file": credentials.lastingHostKey.privateKey,
        ]
        if !agent.environment.isEmpty { secrets["agent_environment_file"] = Self.environmentFile(agent.environment) }
        return ConfigurationRun(
            play: .machine, instance: context.instance, access: try await services.access(to: context.instance),
            variables: variables, secretFiles: secrets,
            timeLimit: min(services.settings.pace.configurationLimit, context.remaining))
    }

    /// Returns `NAME=value` lines; the role quotes them for systemd.
    private static func environmentFile(_ environment: [String: Secret]) -> Secret {
        Secret(environment.sorted { $0.key < $1.key }.map { "\($0)=\($1.reveal())\n" }.joined())
    }
}

/// The variables that every run passes to the roles.
enum RunVariables {
    static func common(_ context: StepContext) -> JSONObject {
        let instance = context.instance
        return [
            "aura_instance": .string(instance.name), "aura_instance_id": .string(instance.id.text),
            "aura_change": .string(context.job.change.text), "aura_generation": .integer(Int64(instance.generation)),
        ]
    }
}

/// The concurrency slots of configuration runs, and the wait of a job for one.
enum ConfigurationSlots {
    static let name = "configuration"
    static let reason = "for a place among the configuration runs"
    static let wait = StepOutcome.wait(.seconds(2), reason: reason)
}
