import AuraModel
import DriverKit
import Jobs

/// Steps that switch machines off and on.
struct PowerSteps {
    let services: MachineServices

    struct Memory: Codable, Sendable {
        /// The time at which the shutdown was requested from the operating system.
        var askedAt: Timestamp?
        var isCut = false
        var actions: [String] = []
        /// The number of checks in a row that found no server.
        var missing: Int?
        /// The number of failed actions of the provider to start the server.
        var failedStarts: Int?
    }

    private static let startLimit = 3

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

    /// Requests a shutdown, waits for the grace period, then cuts the power. Only the server's own status shows that
    /// it is off.
    private func turnOff(_ context: StepContext) async throws -> StepOutcome {
        var memory = try context.memory(Memory.self) ?? Memory()
        guard let server = try await server(context, &memory) else { return lookAgain }
        if server.status == .off {
            try await context.report(
                "the server is off; its disk is kept, and the provider still bills it", fraction: 1)
            return .done
        }
        let now = context.time.now()
        guard let askedAt = memory.askedAt else {
            memory.askedAt = now
            do {
                memory.actions = try await services.compute.shutdown(serverID: server.id)
            } catch let failure as Failure where failure.reaction == .giveUp {
                try await cut(server, &memory, context, "cannot ask the operating system: \(failure.message)")
            }
            try await context.checkpoint(memory)
            return waitForOff
        }
        if !memory.isCut, now - askedAt >= services.settings.pace.shutdownGrace {
            try await cut(server, &memory, context, "the operating system did not shut down in time")
            try await context.checkpoint(memory)
        }
        return waitForOff
    }

    private func cut(
        _ server: Server, _ memory: inout Memory, _ context: StepContext, _ reason: String
    ) async throws {
        try await context.report("\(reason): cutting the power")
        memory.actions = try await services.compute.powerOff(serverID: server.id)
        memory.isCut = true
    }

    private var waitForOff: StepOutcome {
        .wait(services.settings.pace.actionPoll, reason: "for the machine to shut down")
    }

    private func turnOn(_ context: StepContext) async throws -> StepOutcome {
        var memory = try context.memory(Memory.self) ?? Memory()
        guard let server = try await server(context, &memory) else { return lookAgain }
        if server.status == .off, memory.actions.isEmpty {
            memory.actions = try await services.compute.powerOn(serverID: server.id)
            try await context.checkpoint(memory)
        }
        // The server's state decides, not the result of the action.
        if server.status == .running { return .done }
        for action in try await services.compute.actions(ids: memory.actions) {
            guard case .error(let failure) = action.status else { continue }
            memory.failedStarts = (memory.failedStarts ?? 0) + 1
            memory.actions = []
            try await context.checkpoint(memory)
            let message = "the provider could not start the server: \(failure.message)"
            guard memory.failedStarts ?? 0 < Self.startLimit, failure.reaction == .retry else {
                throw Failure(.permanent, code: failure.code, message: message)
            }
            throw Failure(.transient, code: failure.code, message: message)
        }
        return .wait(services.settings.pace.actionPoll, reason: "for the server to start")
    }

    private var lookAgain: StepOutcome {
        .wait(TwoLooks.apart, reason: "to look once more for a server that the provider does not know")
    }

    /// Returns the server, or `nil` if one check did not find it. Throws if two checks in a row did not find it, or if
    /// the instance records no server.
    private func server(_ context: StepContext, _ memory: inout Memory) async throws -> Server? {
        let instance = context.instance
        if let id = instance.server?.id, let server = try await services.compute.server(id: id) {
            memory.missing = nil
            return server
        }
        if instance.server == nil || TwoLooks.isConfirmed(&memory.missing) {
            throw Failure(
                .permanent, code: "serverMissing", message: "the server of \(instance.name) does not exist any more")
        }
        try await context.checkpoint(memory)
        return nil
    }
}
