import AuraModel
import DriverKit
import JSON
import Jobs

/// Making the machine: find by name → adopt → else create, walking the places and types that may have room.
struct ServerCreation {
    let services: MachineServices

    struct Memory: Codable, Sendable {
        /// Which placement is tried next.
        var placement = 0
        /// The provider's actions that are still to be waited for.
        var actions: [String] = []
    }

    func perform(_ context: StepContext) async throws -> StepOutcome {
        var memory = try context.memory(Memory.self) ?? Memory()
        if context.externalID == nil {
            if let found = try await find(context.instance) {
                try await remember(found, &memory, context)
            } else {
                try await create(&memory, context)
            }
        }
        return try await awaitActions(&memory, context)
    }

    private func find(_ instance: Instance) async throws -> Server? {
        guard let found = try await services.compute.server(named: instance.outsideName) else { return nil }
        guard Labels.mark(found.labels, as: instance, of: services.installation) else {
            throw Failure(
                .permanent, code: "nameTaken",
                message:
                    "a server named \(found.name) exists at the provider and is not ours: rename or delete it there")
        }
        return found
    }

    private func create(_ memory: inout Memory, _ context: StepContext) async throws {
        let instance = context.instance
        let placements = services.compute.placements(region: instance.region, size: instance.size)
        let firewall = try await services.compute.ensureFirewall(labels: Labels.owned(by: services.installation))
        var refusal: Failure?
        while memory.placement < placements.count {
            let placement = placements[memory.placement]
            try await context.report("creating \(placement.serverType) in \(placement.location)", fraction: 0.05)
            do {
                let creation = try await services.compute.createServer(
                    specification(context, placement: placement, firewall: firewall))
                memory.actions = creation.actionIDs
                return try await remember(creation.server, &memory, context)
            } catch let failure as Failure where failure.errorClass == .capacity {
                refusal = failure
                memory.placement += 1
                try await context.checkpoint(memory)
                try await context.report("no \(placement.serverType) in \(placement.location): \(failure.message)")
            }
        }
        memory.placement = 0
        try await context.checkpoint(memory)
        throw refusal
            ?? Failure(
                .permanent, code: "noPlacement",
                message: "no machine type is configured for size \(instance.size) in \(instance.region)")
    }

    private func specification(
        _ context: StepContext, placement: Placement, firewall: String?
    ) async throws -> ServerSpecification {
        let instance = context.instance
        guard let credentials = try await services.credentials.load(instance) else {
            throw Failure(.permanent, code: "credentialsMissing", message: "the keys of \(instance.name) are gone")
        }
        let key = context.externalID(of: "key.create")
        return ServerSpecification(
            name: instance.outsideName, placement: placement, image: services.settings.image,
            keyIDs: key.map { [$0] } ?? [],
            firewallID: firewall,
            labels: Labels.of(instance, job: context.job, installation: services.installation),
            userData: UserData.cloudConfig(hostKey: credentials.birthHostKey))
    }

    /// Writes the ids down at once: from here on the machine cannot be lost.
    private func remember(_ server: Server, _ memory: inout Memory, _ context: StepContext) async throws {
        try await context.checkpoint(memory, externalID: server.id) { $0.server = ServerFacts(server) }
        try await context.report(
            "server \(server.name) is \(server.serverType) in \(server.location)", fraction: 0.2,
            data: ["serverId": .string(server.id)])
    }

    private func awaitActions(_ memory: inout Memory, _ context: StepContext) async throws -> StepOutcome {
        guard !memory.actions.isEmpty else { return .done }
        var open: [String] = []
        for action in try await services.compute.actions(ids: memory.actions) {
            switch action.status {
            case .running: open.append(action.id)
            case .success: continue
            case .error(let failure):
                throw Failure(
                    .permanent, code: failure.code,
                    message: "the provider could not create the server: \(failure.message)",
                    correlationID: failure.correlationID)
            }
        }
        if open != memory.actions {
            memory.actions = open
            try await context.checkpoint(memory)
        }
        return open.isEmpty
            ? .done : .wait(services.settings.pace.actionPoll, reason: "for the provider to create the server")
    }
}

extension ServerFacts {
    init(_ server: Server) {
        self.init(
            id: server.id, name: server.name, address: server.address ?? "", location: server.location,
            type: server.serverType)
    }
}
