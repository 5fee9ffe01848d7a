import AuraModel
import DriverKit
import JSON
import Jobs

/// Creates the server. Adopts a server that has the deterministic name; otherwise tries each placement (type and
/// location) in order.
struct ServerCreation {
    let services: MachineServices

    struct Memory: Codable, Sendable {
        /// The index of the placement that is tried next.
        var placement = 0
        /// The provider's actions that have not ended yet.
        var actions: [String] = []
        /// The time since which the step has waited for these actions.
        var awaitedSince: Timestamp?
        /// The number of times that the step started the current server, or waited for it, after its creation failed.
        var repairs: Int?
        /// True while a server that could not be started is deleted, so that another one can be created.
        var isReplacing: Bool?
        /// The number of servers that were replaced because their creation failed.
        var replacements: Int?
    }

    private static let repairLimit = 2
    private static let replacementLimit = 2
    /// The longest wait for a running action. After it, the step ends if the server runs.
    private static let actionPatience = Duration.seconds(60)

    func perform(_ context: StepContext) async throws -> StepOutcome {
        var memory = try context.memory(Memory.self) ?? Memory()
        if memory.isReplacing == true {
            if let wait = try await clearAway(&memory, context) { return wait }
        }
        if context.instance.server == nil {
            if let found = try await find(context.instance) {
                guard found.status != .deleting else {
                    return .wait(services.settings.pace.actionPoll, reason: "for the former server to be deleted")
                }
                try await remember(found, &memory, context)
            } else {
                try await create(&memory, context)
            }
        }
        return try await awaitActions(&memory, context)
    }

    private func find(_ instance: Instance) async throws -> Server? {
        guard let found = try await services.compute.server(named: instance.resourceName) else { return nil }
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
        // If the catalogue offers no candidate, the catalogue may be wrong. Each candidate is then tried at the
        // provider.
        let isAnyOffered = placements.contains { services.compute.objection(to: $0) == nil }
        var refusal: Failure?
        while memory.placement < placements.count {
            let placement = placements[memory.placement]
            if isAnyOffered, let objection = services.compute.objection(to: placement) {
                memory.placement += 1
                try await context.checkpoint(memory)
                try await context.report("skipping \(placement.serverType) in \(placement.location): \(objection)")
                continue
            }
            try await context.report("creating \(placement.serverType) in \(placement.location)", fraction: 0.05)
            do {
                let creation = try await services.compute.createServer(
                    specification(context, placement: placement, firewall: firewall))
                memory.actions = creation.actionIDs
                return try await remember(creation.server, &memory, context)
            } catch let failure as Failure where failure.reaction == .nextCandidate {
                // A sold-out candidate may become available again, so its refusal replaces that of a retired one.
                if refusal?.errorClass != .capacity { refusal = failure }
                memory.placement += 1
                try await context.checkpoint(memory)
                try await context.report("no \(placement.serverType) in \(placement.location): \(failure.message)")
            }
        }
        memory.placement = 0
        try await context.checkpoint(memory)
        throw refusal ?? Self.nothingLeft(placements, context.instance)
    }

    private static func nothingLeft(_ placements: [Placement], _ instance: Instance) -> Failure {
        placements.isEmpty
            ? Failure(
                .permanent, code: "noPlacement",
                message: "no machine type is configured for size \(instance.size) in \(instance.region)")
            : Failure(
                .capacity, code: "noPlacement",
                message: "every machine type for size \(instance.size) in \(instance.region) was tried")
    }

    private func specification(
        _ context: StepContext, placement: Placement, firewall: String?
    ) async throws -> ServerSpecification {
        let instance = context.instance
        let credentials = try await services.credentials(of: instance)
        let key = context.externalID(of: "key.create")
        return ServerSpecification(
            name: instance.resourceName, placement: placement, image: services.settings.image,
            keyIDs: key.map { [$0] } ?? [],
            firewallID: firewall,
            labels: Labels.of(instance, job: context.job, installation: services.installation),
            userData: UserData.cloudConfig(hostKey: credentials.birthHostKey))
    }

    /// Records the server's ids at once, so that the machine cannot be lost from here on.
    private func remember(_ server: Server, _ memory: inout Memory, _ context: StepContext) async throws {
        memory.awaitedSince = context.time.now()
        memory.repairs = nil
        try await context.checkpoint(memory, externalID: server.id) { $0.server = ServerFacts(server) }
        try await context.report(
            "server \(server.name) is \(server.serverType) in \(server.location)", fraction: 0.2,
            data: ["serverId": .string(server.id)])
    }

    private func awaitActions(_ memory: inout Memory, _ context: StepContext) async throws -> StepOutcome {
        guard !memory.actions.isEmpty else { return .done }
        let pace = services.settings.pace
        var open: [String] = []
        for action in try await services.compute.actions(ids: memory.actions) {
            switch action.status {
            case .running: open.append(action.id)
            case .success: continue
            case .error(let failure): return try await repair(after: failure, &memory, context)
            }
        }
        if open != memory.actions {
            memory.actions = open
            try await context.checkpoint(memory)
        }
        if open.isEmpty { return .done }
        if let since = memory.awaitedSince, context.time.now() - since >= Self.actionPatience,
            let id = context.instance.server?.id, let server = try await services.compute.server(id: id),
            server.status == .running
        {
            try await context.report("the server runs, although the provider still lists its creation as running")
            return .done
        }
        return .wait(pace.actionPoll, reason: "for the provider to create the server")
    }
}

// MARK: - Failure of an accepted creation

extension ServerCreation {
    /// Handles the failed creation of a server that may exist and cost money: waits for the server, starts it if it is
    /// off, or replaces it. Each of these has a limit.
    private func repair(
        after failure: Failure, _ memory: inout Memory, _ context: StepContext
    ) async throws -> StepOutcome {
        let pace = services.settings.pace
        let name = context.instance.resourceName
        if failure.reaction == .nextCandidate {
            memory.placement += 1
            try await context.report("the provider has no room for \(name) after all: \(failure.message)")
            return try await replace(after: failure, &memory, context)
        }
        let server = try await current(context)
        switch server?.status {
        case .running:
            try await context.report("the server runs, although its creation failed: \(failure.message)")
            memory.actions = []
            try await context.checkpoint(memory)
            return .done
        case .off, .initializing, .starting, .stopping, .migrating, .rebuilding, .unknown:
            guard memory.repairs ?? 0 < Self.repairLimit, let server else { break }
            memory.repairs = (memory.repairs ?? 0) + 1
            try await context.checkpoint(memory)
            guard server.status == .off else {
                return .wait(pace.bootPoll, reason: "for the server to settle after its creation failed")
            }
            try await context.report("starting the server, whose creation failed: \(failure.message)")
            memory.actions = try await services.compute.powerOn(serverID: server.id)
            memory.awaitedSince = context.time.now()
            try await context.checkpoint(memory)
            return .wait(pace.actionPoll, reason: "for the server to start")
        case .deleting, nil: break
        }
        return try await replace(after: failure, &memory, context)
    }

    private func replace(
        after failure: Failure, _ memory: inout Memory, _ context: StepContext
    ) async throws -> StepOutcome {
        let placements = services.compute.placements(region: context.instance.region, size: context.instance.size)
        guard memory.replacements ?? 0 < Self.replacementLimit + placements.count else {
            throw Failure(
                .permanent, code: failure.code,
                message: "the provider could not create the server: \(failure.message)",
                correlationID: failure.correlationID)
        }
        memory.replacements = (memory.replacements ?? 0) + 1
        memory.isReplacing = true
        memory.actions = []
        try await context.checkpoint(memory)
        return try await clearAway(&memory, context)
            ?? .wait(services.settings.pace.actionPoll, reason: "to create another server")
    }

    /// Deletes the server that could not be started. Returns `nil` once it is gone.
    private func clearAway(_ memory: inout Memory, _ context: StepContext) async throws -> StepOutcome? {
        guard let server = try await current(context) else {
            memory.isReplacing = nil
            try await context.checkpoint(memory) { $0.server = nil }
            return nil
        }
        guard Labels.mark(server.labels, as: context.instance, of: services.installation) else {
            throw Failure(
                .permanent, code: "nameTaken", message: "the server \(server.name) is not ours any more, and stays")
        }
        if server.status != .deleting {
            try await context.report("deleting the server \(server.name), which could not be started")
            _ = try await services.compute.deleteServer(id: server.id)
        }
        return .wait(
            services.settings.pace.actionPoll, reason: "for the server that could not be started to be deleted")
    }

    private func current(_ context: StepContext) async throws -> Server? {
        guard let id = context.instance.server?.id else { return nil }
        return try await services.compute.server(id: id)
    }
}

extension ServerFacts {
    init(_ server: Server) {
        self.init(
            id: server.id, name: server.name, address: server.address ?? "", location: server.location,
            type: server.serverType)
    }
}

/// The user data for cloud-init on a new machine.
enum UserData {
    /// Returns the cloud-init configuration with a host key that the daemon generated, so that the very first
    /// connection can be verified. It holds no other secret: any process on the machine can read it from the metadata
    /// service. For the same reason the key is replaced over SSH.
    static func cloudConfig(hostKey: KeyPair) -> String {
        let lines = hostKey.privateKey.reveal().split(separator: "\n", omittingEmptySubsequences: false)
        let indented = lines.filter { !$0.isEmpty }.map { "    \($0)" }.joined(separator: "\n")
        return """
            #cloud-config
            package_update: false
            ssh_pwauth: false
            disable_root: false
            ssh_deletekeys: true
            ssh_genkeytypes: [ed25519]
            ssh_keys:
              ed25519_private: |
            \(indented)
              ed25519_public: \(hostKey.publicKey)

            """
    }
}
