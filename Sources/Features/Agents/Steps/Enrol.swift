import AuraModel
import DriverKit
import JSON
import Jobs

/// Joins the machine to the tailnet, with a key that is created for this machine and is valid for minutes.
struct Enrol {
    let services: MachineServices

    struct Memory: Codable, Sendable {
        /// The key that the last attempt created.
        var keyID: String?
        /// The time at which the step created its first key. A node that is older cannot be the machine's.
        var mintedAt: Timestamp?
        /// The node that the machine reported. ``confirm(_:_:_:)`` uses only the id, to read the network's own record.
        var joined: TailnetFacts?
        /// The number of checks in a row in which the network's record of the node did not fit the machine.
        var mismatches: Int?
        /// The number of checks in a row in which an obstacle kept the node out of the network.
        var obstructions: Int?
        var tries: RunTries?
        /// The number of failed attempts to remove older nodes.
        var cleanings: Int?
    }

    private static let cleaningTries = 5

    func perform(_ context: StepContext) async throws -> StepOutcome {
        guard let network = services.network, let tailnet = services.settings.tailnet,
            let configuration = services.configuration
        else { return .done }
        var memory = try context.memory(Memory.self) ?? Memory()
        if memory.joined == nil {
            let joined = try await context.use(
                slot: ConfigurationSlots.name, limit: services.settings.configurationRuns,
                waitingFor: ConfigurationSlots.reason
            ) {
                try await join(context, &memory, network, tailnet, configuration)
            }
            guard let joined else { return ConfigurationSlots.wait }
            memory.joined = joined
            try await context.checkpoint(memory)
        }
        return try await confirm(context, &memory, network)
    }

    private func join(
        _ context: StepContext, _ memory: inout Memory, _ network: any NetworkDriver, _ tailnet: TailnetSettings,
        _ configuration: any ConfigurationDriver
    ) async throws -> TailnetFacts {
        let instance = context.instance
        if let former = memory.keyID { await network.revokeSpent(former, context) }
        let now = context.time.now()
        let key = try await network.mintKey(
            EnrolmentKeySpecification(description: instance.resourceName, lifetime: tailnet.keyLifetime))
        memory.keyID = key.id
        memory.mintedAt = memory.mintedAt ?? key.created ?? now
        try await context.checkpoint(memory)
        var variables = tailnet.variables.merging(RunVariables.common(context)) { $1 }
        variables["tailnet_hostname"] = .string(instance.resourceName)
        let run = ConfigurationRun(
            play: .network, instance: instance, access: try await services.access(to: instance), variables: variables,
            secretFiles: ["tailnet_auth_key_file": key.secret],
            timeLimit: min(services.settings.pace.configurationLimit, context.remaining))
        var tries = memory.tries
        var written = memory
        let summary = try await RunTries.counting(&tries) { counted in
            written.tries = counted
            try await context.checkpoint(written)
        } _: {
            try await configuration.run(run) { try await RunReport(context: context).report($0) }
        }
        guard let facts = summary.data["aura"]?["tailnet"],
            let joined = try? JSONValueDecoder().decode(TailnetFacts.self, from: facts)
        else {
            throw Failure(
                .permanent, code: "tailnetUnknown", message: "the machine did not say which tailnet node it became")
        }
        return joined
    }

    /// Accepts the reported node if the network's own record of it fits the machine, and takes name and addresses from
    /// that record. Older nodes of the same machine and the spent key are removed, as far as that succeeds.
    private func confirm(
        _ context: StepContext, _ memory: inout Memory, _ network: any NetworkDriver
    ) async throws -> StepOutcome {
        guard let joined = memory.joined else { return .done }
        guard let device = try await network.device(nodeID: joined.nodeId) else {
            return .wait(.seconds(2), reason: "for the tailnet to list the machine")
        }
        let nodes = TailnetNodes(network: network)
        if let objection = try await nodes.objection(to: device, context, mintedAt: memory.mintedAt) {
            return try await doubt(objection, device, context, &memory)
        }
        memory.mismatches = nil
        if let obstacle = device.obstacle { return try await obstructed(obstacle, context, &memory) }
        memory.obstructions = nil
        let facts = TailnetFacts(nodeId: device.nodeID, name: device.name, addresses: device.addresses)
        try await context.checkpoint(memory, externalID: device.nodeID) { $0.tailnet = facts }
        try await removeOlder(than: device, context, &memory, nodes)
        if let key = memory.keyID { await network.revokeSpent(key, context) }
        try await context.report("joined the tailnet as \(device.name)", fraction: 1)
        return .done
    }

    /// A single record may be wrong. The step fails only if a second check has the same result.
    private func doubt(
        _ objection: String, _ device: NetworkDevice, _ context: StepContext, _ memory: inout Memory
    ) async throws -> StepOutcome {
        if TwoLooks.isConfirmed(&memory.mismatches) {
            throw Failure(
                .permanent, code: "tailnetMismatch",
                message: "cannot accept \(PlainText.clean(device.nodeID, limitBytes: 60)) as the tailnet node of "
                    + "\(context.instance.name): \(objection)")
        }
        try await context.checkpoint(memory)
        return .wait(TwoLooks.apart, reason: "to look once more at a tailnet node that does not fit: \(objection)")
    }

    /// The machine has joined the tailnet, but only a tailnet administrator can give it access to its peers. After two
    /// checks in a row with this result the step fails with the remedy as its message. The job then parks until the
    /// obstacle is gone.
    private func obstructed(
        _ obstacle: DeviceObstacle, _ context: StepContext, _ memory: inout Memory
    ) async throws -> StepOutcome {
        let isConfirmed = TwoLooks.isConfirmed(&memory.obstructions)
        try await context.checkpoint(memory)
        guard isConfirmed else {
            return .wait(TwoLooks.apart, reason: "to look once more at a tailnet node that is kept out")
        }
        throw Failure(
            .permanent, code: obstacle.code,
            message: "\(context.instance.resourceName) joined the tailnet, and \(obstacle.message)", concern: .project)
    }

    /// Removes older nodes. A failure makes the engine retry the step. After ``cleaningTries`` failures the step
    /// continues, and leaves the remaining nodes to the sweep.
    private func removeOlder(
        than device: NetworkDevice, _ context: StepContext, _ memory: inout Memory, _ nodes: TailnetNodes
    ) async throws {
        do {
            let older = try await nodes.network.devices(hostname: context.instance.resourceName)
                .filter { $0.nodeID != device.nodeID }
            try await nodes.remove(older, context)
        } catch let failure as Failure {
            memory.cleanings = (memory.cleanings ?? 0) + 1
            try await context.checkpoint(memory)
            guard memory.cleanings ?? 0 >= Self.cleaningTries else {
                var failure = failure
                if failure.errorClass == .permanent { failure.errorClass = .transient }
                throw failure
            }
            try await context.report("older tailnet nodes of the machine stay for the sweep: \(failure.message)")
        }
    }
}

extension NetworkDriver {
    /// Revokes a used enrolment key. A failure is reported and ignored, because the key expires by itself.
    func revokeSpent(_ id: String, _ context: StepContext) async {
        do {
            try await revokeKey(id: id)
        } catch {
            let reason = (error as? Failure)?.message ?? "it was interrupted"
            try? await context.report("the spent tailnet key \(id) is not revoked, and expires by itself: \(reason)")
        }
    }
}
