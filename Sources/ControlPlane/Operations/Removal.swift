import AuraModel
import DriverKit
import Jobs

/// Removing what was made in the outside world. Serves undo and destroy alike; what is gone already is done.
struct Removal {
    let services: MachineServices

    struct Memory: Codable, Sendable {
        var isRequested = false
        /// Looks by name that found nothing, where no id is known.
        var emptyLooks = 0
    }

    /// Looks that must find nothing before a machine counts as never made: a create whose answer was lost may show late.
    private static let looksNeeded = 2
    private static let looksApart = Duration.seconds(3)

    func server(_ context: StepContext) async throws -> StepOutcome {
        let instance = context.instance
        var memory = try? context.memory(Memory.self)
        memory = memory ?? Memory()
        guard let server = try await find(instance) else {
            return try await serverIsGone(context, memory ?? Memory())
        }
        guard Labels.mark(server.labels, as: instance, of: services.installation) else {
            try await context.report("server \(server.name) is not ours and stays")
            return try await forgetServer(context)
        }
        if server.status != .deleting {
            try await context.report("deleting server \(server.name)")
            _ = try await services.compute.deleteServer(id: server.id)
        }
        try await context.checkpoint(Memory(isRequested: true), externalID: server.id)
        return .wait(services.settings.pace.actionPoll, reason: "for the provider to delete the server")
    }

    private func find(_ instance: Instance) async throws -> Server? {
        if let id = instance.server?.id { return try await services.compute.server(id: id) }
        return try await services.compute.server(named: instance.outsideName)
    }

    private func serverIsGone(_ context: StepContext, _ memory: Memory) async throws -> StepOutcome {
        if memory.isRequested || context.instance.server != nil { return try await forgetServer(context) }
        var memory = memory
        memory.emptyLooks += 1
        if memory.emptyLooks >= Self.looksNeeded { return .done }
        try await context.checkpoint(memory)
        return .wait(Self.looksApart, reason: "to look once more for a server whose creation was not confirmed")
    }

    private func forgetServer(_ context: StepContext) async throws -> StepOutcome {
        try await context.checkpoint { $0.server = nil }
        return .done
    }

    func key(_ context: StepContext) async throws -> StepOutcome {
        let instance = context.instance
        guard let key = try await services.compute.key(named: instance.outsideName),
            Labels.mark(key.labels, as: instance, of: services.installation)
        else { return .done }
        try await services.compute.deleteKey(id: key.id)
        return .done
    }

    /// The recorded node and every node with the machine's host name, as far as they are the instance's.
    func devices(_ context: StepContext) async throws -> StepOutcome {
        guard let network = services.network else { return .done }
        if let key = try? context.memory(Enrol.Memory.self)?.keyID { await network.revokeSpent(key, context) }
        var devices = try await network.devices(hostname: context.instance.outsideName)
        if let known = context.instance.tailnet?.nodeId, !devices.contains(where: { $0.nodeID == known }),
            let device = try await network.device(nodeID: known)
        {
            devices.append(device)
        }
        try await TailnetNodes(network: network).remove(devices, context)
        try await context.checkpoint { $0.tailnet = nil }
        return .done
    }
}
