import AuraModel
import DriverKit
import Jobs

/// Waits until a machine is on and accepts the daemon's SSH login.
struct Boot {
    let services: MachineServices

    struct Memory: Codable, Sendable {
        /// The time since which the machine has refused the daemon's key or shown a wrong host key, without
        /// interruption.
        var refusedSince: Timestamp?
        /// The number of checks in a row that found no server.
        var missing: Int?
        /// The number of times that the server was off and was started.
        var starts: Int?
    }

    private static let startLimit = 3

    func perform(_ context: StepContext) async throws -> StepOutcome {
        let pace = services.settings.pace
        var memory = try context.memory(Memory.self) ?? Memory()
        guard let server = try await current(context) else {
            if TwoLooks.isConfirmed(&memory.missing) {
                throw Failure(
                    .permanent, code: "serverMissing",
                    message: "the server of \(context.instance.name) does not exist any more")
            }
            try await context.checkpoint(memory)
            return .wait(TwoLooks.apart, reason: "to look once more for a server that the provider does not know")
        }
        if memory.missing != nil {
            memory.missing = nil
            try await context.checkpoint(memory)
        }
        if server.status == .off, memory.starts ?? 0 < Self.startLimit {
            return try await start(server, context, &memory)
        }
        guard server.status == .running, server.address != nil else {
            return .wait(pace.actionPoll, reason: "for the server to start (it is \(server.status.rawValue))")
        }
        if context.instance.server != ServerFacts(server) {
            try await context.checkpoint { $0.server = ServerFacts(server) }
        }
        guard services.configuration != nil else { return .done }
        return try await reach(context, memory)
    }

    /// Looks up the server by id, then by name: a new server may not be visible everywhere yet.
    private func current(_ context: StepContext) async throws -> Server? {
        let instance = context.instance
        if let id = instance.server?.id, let server = try await services.compute.server(id: id) { return server }
        guard let named = try await services.compute.server(named: instance.resourceName),
            Labels.mark(named.labels, as: instance, of: services.installation)
        else { return nil }
        return named
    }

    private func start(_ server: Server, _ context: StepContext, _ memory: inout Memory) async throws -> StepOutcome {
        memory.starts = (memory.starts ?? 0) + 1
        try await context.checkpoint(memory)
        try await context.report("the server is off: starting it")
        _ = try await services.compute.powerOn(serverID: server.id)
        return .wait(services.settings.pace.bootPoll, reason: "for the server to start")
    }

    private func reach(_ context: StepContext, _ memory: Memory) async throws -> StepOutcome {
        do {
            try await services.shell.reach(try await services.access(to: context.instance))
            return .done
        } catch let failure as Failure
            where failure.code == "sshPermissionDenied" || failure.code == "sshHostKeyMismatch"
        {
            return try await beRefused(failure, context, memory)
        } catch let failure as Failure where failure.errorClass == .transient {
            // The machine was unreachable in between, so the period of refusals starts again.
            if memory.refusedSince != nil {
                var memory = memory
                memory.refusedSince = nil
                try await context.checkpoint(memory)
            }
            return .wait(services.settings.pace.bootPoll, reason: "for the machine to boot: \(failure.message)")
        }
    }

    private func beRefused(
        _ failure: Failure, _ context: StepContext, _ memory: Memory
    ) async throws -> StepOutcome {
        let pace = services.settings.pace
        let now = context.time.now()
        if let since = memory.refusedSince, now - since >= pace.refusalPatience {
            throw Failure(.permanent, code: failure.code, message: failure.message)
        }
        if memory.refusedSince == nil {
            var memory = memory
            memory.refusedSince = now
            try await context.checkpoint(memory)
        }
        return .wait(pace.bootPoll, reason: "for the machine to know our keys")
    }
}

/// Confirms the result of a check that would cost a machine: the result counts only after ``needed`` consecutive checks
/// that agree.
///
/// The reconciler has the same rule for inventories (``ReconcilerSettings/listingsNeeded``).
enum TwoLooks {
    static let needed = 2
    static let apart = Duration.seconds(5)

    /// Counts one more check with the same result; `nil` is zero. Returns true once ``needed`` checks in a row had this
    /// result.
    static func isConfirmed(_ looks: inout Int?) -> Bool {
        looks = (looks ?? 0) + 1
        return looks ?? 0 >= needed
    }
}
