import AuraModel
import DriverKit
import Jobs

/// Cleans up on the machine: leaves the tailnet, stops the agent, removes its secrets. A failure does not stop the destroy.
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

    /// Returns `nil` for a machine that was never configured: it has nothing to clean up.
    private func runningServer(_ context: StepContext) async throws -> Server? {
        let instance = context.instance
        guard let id = instance.server?.id, try await services.credentials.load(instance)?.isConfigured == true else {
            return nil
        }
        return try await services.compute.server(id: id)
    }
}
