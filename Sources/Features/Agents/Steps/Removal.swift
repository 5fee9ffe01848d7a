import AuraModel
import DriverKit
import JSON
import Jobs

/// Removes resources at the providers, for undo and for `destroy`. A resource that is gone already counts as removed.
struct Removal {
    let services: MachineServices

    struct Memory: Codable, Sendable {
        var isRequested = false
        /// The number of checks that found nothing before a delete was requested.
        var emptyLooks = 0
    }

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
        if let id = instance.server?.id, let server = try await services.compute.server(id: id) { return server }
        return try await services.compute.server(named: instance.resourceName)
    }

    /// Handles a check that found no server. Before a delete was requested, two such checks are needed: a server that
    /// was just created, or created by a call with a lost reply, may be listed late.
    private func serverIsGone(_ context: StepContext, _ memory: Memory) async throws -> StepOutcome {
        if memory.isRequested { return try await forgetServer(context) }
        var memory = memory
        var looks: Int? = memory.emptyLooks
        if TwoLooks.isConfirmed(&looks) { return try await forgetServer(context) }
        memory.emptyLooks = looks ?? 0
        try await context.checkpoint(memory)
        return .wait(TwoLooks.apart, reason: "to look once more for a server that the provider does not know")
    }

    private func forgetServer(_ context: StepContext) async throws -> StepOutcome {
        try await context.checkpoint { $0.server = nil }
        return .done
    }

    /// Removes the server. If that fails, also tries to remove the tailnet device, and then throws the failure for the
    /// server.
    func serverBeforeAll(_ context: StepContext) async throws -> StepOutcome {
        do {
            return try await server(context)
        } catch let failure as Failure {
            do {
                _ = try await devices(context)
            } catch let other as Failure {
                try await context.report("the tailnet device stays for now, too: \(other.message)")
            }
            throw failure
        }
    }

    /// Runs `part`, which removes the tailnet device or the SSH key. Failures are retried, permanent ones too. After
    /// five minutes the resource is left to the sweep with the alert `leftToSweep`, so that the job can finish.
    func orLeave(
        _ what: String, _ context: StepContext, _ part: (StepContext) async throws -> StepOutcome
    ) async throws -> StepOutcome {
        do {
            return try await part(context)
        } catch let failure as Failure {
            let elapsed = context.step.timeLimit - context.remaining
            guard elapsed >= Self.handOver else {
                var failure = failure
                if failure.errorClass == .permanent { failure.errorClass = .transient }
                throw failure
            }
            try await context.report(
                "\(what) of \(context.instance.name) cannot be removed, and is left to the sweep: \(failure.message)",
                type: .alertRaised, data: ["code": "leftToSweep", "reason": .string(failure.code)])
            return .done
        }
    }

    private static let handOver = Duration.seconds(300)

    func key(_ context: StepContext) async throws -> StepOutcome {
        let instance = context.instance
        guard let key = try await services.compute.key(named: instance.resourceName),
            Labels.mark(key.labels, as: instance, of: services.installation)
        else { return .done }
        try await services.compute.deleteKey(id: key.id)
        return .done
    }

    /// Removes the recorded node and every node with the machine's host name, if they are the instance's.
    func devices(_ context: StepContext) async throws -> StepOutcome {
        guard let network = services.network else { return .done }
        if let key = try? context.memory(Enrol.Memory.self)?.keyID { await network.revokeSpent(key, context) }
        var devices = try await network.devices(hostname: context.instance.resourceName)
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

/// Cleans up on the machine: leaves the tailnet, stops the agent, removes its secrets. A failure does not stop the
/// destroy.
struct Teardown {
    let services: MachineServices

    func perform(_ context: StepContext) async throws -> StepOutcome {
        guard let driver = services.configuration, context.job.attempt == 0 else { return .done }
        guard let server = try await runningServer(context), server.status == .running else { return .done }
        guard let access = try? await services.access(to: context.instance) else { return .done }
        let run = ConfigurationRun(
            play: .teardown, instance: context.instance, access: access, variables: RunVariables.common(context),
            secretFiles: [:], timeLimit: min(.seconds(60), context.remaining))
        do {
            _ = try await driver.run(run) { try await RunReport(context: context).report($0) }
        } catch let failure as Failure {
            try await context.report("the machine was not tidied up, and is deleted all the same: \(failure.message)")
        }
        return .done
    }

    /// Returns the instance's server, or `nil` if it does not exist. Also returns `nil` for a machine that was never
    /// configured, because there is nothing to clean up.
    private func runningServer(_ context: StepContext) async throws -> Server? {
        let instance = context.instance
        guard let id = instance.server?.id, try await services.credentials.load(instance)?.isConfigured == true else {
            return nil
        }
        return try await services.compute.server(id: id)
    }
}
