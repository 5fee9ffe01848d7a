import AuraModel
import DriverKit
import JSON
import Jobs

/// Joining the tailnet with a key that was minted for this one machine, and lives minutes.
struct Enrol {
    let services: MachineServices

    struct Memory: Codable, Sendable {
        /// The key that the last try minted.
        var keyID: String?
        /// What the machine said of itself once it had joined.
        var joined: TailnetFacts?
    }

    func perform(_ context: StepContext) async throws -> StepOutcome {
        guard let network = services.network, let tailnet = services.settings.tailnet,
            let configuration = services.configuration
        else { return .done }
        var memory = try context.memory(Memory.self) ?? Memory()
        if memory.joined == nil {
            let joined = try await context.use(place: "configuration", limit: services.settings.configurationRuns) {
                try await join(context, &memory, network, tailnet, configuration)
            }
            guard let joined else { return .wait(.seconds(2), reason: "for a place among the configuration runs") }
            memory.joined = joined
            try await context.checkpoint(memory, externalID: joined.nodeId) { $0.tailnet = joined }
        }
        return try await confirm(context, memory, network)
    }

    private func join(
        _ context: StepContext, _ memory: inout Memory, _ network: any NetworkDriver, _ tailnet: TailnetSettings,
        _ configuration: any ConfigurationDriver
    ) async throws -> TailnetFacts {
        let instance = context.instance
        if let former = memory.keyID { try await network.revokeKey(id: former) }
        let key = try await network.mintKey(
            EnrolmentKeySpecification(description: instance.outsideName, lifetime: tailnet.keyLifetime))
        memory.keyID = key.id
        try await context.checkpoint(memory)
        var variables = tailnet.variables.merging(RunVariables.common(context)) { $1 }
        variables["tailnet_hostname"] = .string(instance.outsideName)
        let run = ConfigurationRun(
            play: .network, instance: instance, access: try await services.access(to: instance), variables: variables,
            secretFiles: ["tailnet_auth_key_file": key.secret],
            timeLimit: min(services.settings.pace.configurationLimit, context.remaining))
        let summary = try await configuration.run(run) { try await RunReport(context: context).report($0) }
        guard let facts = summary.data["aura"]?["tailnet"],
            let joined = try? JSONValueDecoder().decode(TailnetFacts.self, from: facts)
        else {
            throw Failure(
                .permanent, code: "tailnetUnknown", message: "the machine did not say which tailnet node it became")
        }
        return joined
    }

    /// The network's own word that the node is there; older nodes of the same machine go, and the spent key.
    private func confirm(
        _ context: StepContext, _ memory: Memory, _ network: any NetworkDriver
    ) async throws -> StepOutcome {
        guard let joined = memory.joined else { return .done }
        guard try await network.device(nodeID: joined.nodeId) != nil else {
            return .wait(.seconds(2), reason: "for the tailnet to list the machine")
        }
        for device in try await network.devices(hostname: context.instance.outsideName)
        where device.nodeID != joined.nodeId {
            try await network.deleteDevice(nodeID: device.nodeID)
        }
        if let key = memory.keyID { try await network.revokeKey(id: key) }
        try await context.report("joined the tailnet as \(joined.name)", fraction: 1)
        return .done
    }
}
