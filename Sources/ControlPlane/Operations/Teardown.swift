import AuraModel
import DriverKit
import Jobs

/// A last good turn on the machine: leave the tailnet, stop the agent, remove its secrets. Never stands in the way.
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

    /// Only a machine that was configured has anything to tidy up.
    private func runningServer(_ context: StepContext) async throws -> Server? {
        let instance = context.instance
        guard let id = instance.server?.id, try await services.credentials.load(instance)?.isConfigured == true else {
            return nil
        }
        return try await services.compute.server(id: id)
    }
}
