import AuraModel
import DriverKit
import Jobs

/// Steps that turn machines off and on.
struct PowerSteps {
    let services: MachineServices

    struct Memory: Codable, Sendable {
        /// When the operating system was asked to shut down.
        var askedAt: Timestamp?
        var isCut = false
        var actions: [String] = []
    }

    func off(phase: Phase) -> Step {
        Step("server.shutdown", phase: phase, timeLimit: .seconds(900), weight: 10, perform: turnOff)
    }

    func on(phase: Phase) -> Step {
        Step("server.start", phase: phase, timeLimit: .seconds(900), weight: 8, perform: turnOn)
    }

    func reach(phase: Phase) -> Step {
        Step("server.boot", phase: phase, timeLimit: services.settings.pace.bootLimit, weight: 10) {
            try await Boot(services: services).perform($0)
        }
    }

    func answer(phase: Phase) -> Step {
        Step("agent.health", phase: phase, timeLimit: .seconds(300), weight: 2) {
            try await AgentHealth(services: services).perform($0)
        }
    }

    /// Asks politely, waits out the grace, then cuts the power. Off is what the server's status says, not the action.
    private func turnOff(_ context: StepContext) async throws -> StepOutcome {
        let server = try await server(context)
        if server.status == .off {
            try await context.report(
                "the server is off; its disk is kept, and the provider still bills it", fraction: 1)
            return .done
        }
        var memory = try context.memory(Memory.self) ?? Memory()
        let now = context.time.now()
        guard let askedAt = memory.askedAt else {
            memory.actions = try await services.compute.shutdown(serverID: server.id)
            memory.askedAt = now
            try await context.checkpoint(memory)
            return waitForOff
        }
        if !memory.isCut, now - askedAt >= services.settings.pace.shutdownGrace {
            try await context.report("the operating system did not shut down in time: cutting the power")
            memory.actions = try await services.compute.powerOff(serverID: server.id)
            memory.isCut = true
            try await context.checkpoint(memory)
        }
        return waitForOff
    }

    private var waitForOff: StepOutcome {
        .wait(services.settings.pace.actionPoll, reason: "for the machine to shut down")
    }

    private func turnOn(_ context: StepContext) async throws -> StepOutcome {
        let server = try await server(context)
        var memory = try context.memory(Memory.self) ?? Memory()
        if server.status == .off, memory.actions.isEmpty {
            memory.actions = try await services.compute.powerOn(serverID: server.id)
            try await context.checkpoint(memory)
        }
        for action in try await services.compute.actions(ids: memory.actions) {
            guard case .error(let failure) = action.status else { continue }
            throw Failure(
                .permanent, code: failure.code, message: "the provider could not start the server: \(failure.message)")
        }
        if server.status == .running { return .done }
        return .wait(services.settings.pace.actionPoll, reason: "for the server to start")
    }

    private func server(_ context: StepContext) async throws -> Server {
        let instance = context.instance
        guard let id = instance.server?.id, let server = try await services.compute.server(id: id) else {
            throw Failure(
                .permanent, code: "serverMissing", message: "the server of \(instance.name) does not exist any more")
        }
        return server
    }
}
