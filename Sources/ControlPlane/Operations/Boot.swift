import AuraModel
import DriverKit
import Jobs

/// Waiting until a machine is on and lets us in.
struct Boot {
    let services: MachineServices

    struct Memory: Codable, Sendable {
        /// Since when it refuses our key or shows a host key that it should not.
        var refusedSince: Timestamp?
    }

    func perform(_ context: StepContext) async throws -> StepOutcome {
        let pace = services.settings.pace
        guard let server = try await current(context) else {
            throw Failure(
                .permanent, code: "serverMissing",
                message: "the server of \(context.instance.name) does not exist any more")
        }
        guard server.status == .running, server.address != nil else {
            return .wait(pace.actionPoll, reason: "for the server to start (it is \(server.status.rawValue))")
        }
        if context.instance.server != ServerFacts(server) {
            try await context.checkpoint { $0.server = ServerFacts(server) }
        }
        guard services.configuration != nil else { return .done }
        return try await reach(context)
    }

    private func current(_ context: StepContext) async throws -> Server? {
        guard let id = context.instance.server?.id else { return nil }
        return try await services.compute.server(id: id)
    }

    private func reach(_ context: StepContext) async throws -> StepOutcome {
        do {
            try await services.shell.reach(try await services.access(to: context.instance))
            return .done
        } catch let failure as Failure
            where failure.code == "sshPermissionDenied" || failure.code == "sshHostKeyMismatch"
        {
            return try await beRefused(failure, context)
        } catch let failure as Failure where failure.errorClass == .transient {
            return .wait(services.settings.pace.bootPoll, reason: "for the machine to boot: \(failure.message)")
        }
    }

    private func beRefused(_ failure: Failure, _ context: StepContext) async throws -> StepOutcome {
        let pace = services.settings.pace
        let now = context.time.now()
        let since = try context.memory(Memory.self)?.refusedSince
        if let since, now - since >= pace.refusalPatience {
            throw Failure(.permanent, code: failure.code, message: failure.message)
        }
        if since == nil { try await context.checkpoint(Memory(refusedSince: now)) }
        return .wait(pace.bootPoll, reason: "for the machine to know our keys")
    }
}
