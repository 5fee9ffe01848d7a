import AuraModel
import DriverKit
import JSON
import Jobs
import Locking

/// Configures the new machine for the agent, with Ansible.
struct Configure {
    let services: MachineServices

    struct Memory: Codable, Sendable {
        var tries: RunTries?
    }

    func perform(_ context: StepContext) async throws -> StepOutcome {
        guard let driver = services.configuration else { return .done }
        let instance = context.instance
        var credentials = try await services.credentials(of: instance)
        let run = try await run(context, credentials)
        var tries = try context.memory(Memory.self)?.tries
        let summary = try await context.use(
            slot: ConfigurationSlots.name, limit: services.settings.configurationRuns,
            waitingFor: ConfigurationSlots.reason
        ) {
            try await RunTries.counting(&tries) { counted in
                try await context.checkpoint(Memory(tries: counted))
            } _: {
                try await driver.run(run) { try await RunReport(context: context).report($0) }
            }
        }
        guard let summary else { return ConfigurationSlots.wait }
        credentials.isConfigured = true
        try await services.credentials.save(credentials, for: instance)
        let version = summary.data["aura"]?["agentVersion"]?.stringValue
        try await context.checkpoint { $0.agentVersion = version ?? $0.agentVersion }
        return .done
    }

    private func run(_ context: StepContext, _ credentials: MachineCredentials) async throws -> ConfigurationRun {
        let agent = services.settings.agent
        var variables = agent.variables.merging(RunVariables.common(context)) { $1 }
        variables["host_key_public"] = .string(credentials.lastingHostKey.publicKey)
        var secrets: [String: Secret] = [
            "agent_gateway_token_file": credentials.gatewayToken,
            "host_key_file": credentials.lastingHostKey.privateKey,
        ]
        if !agent.environment.isEmpty { secrets["agent_environment_file"] = Self.environmentFile(agent.environment) }
        return ConfigurationRun(
            play: .machine, instance: context.instance, access: try await services.access(to: context.instance),
            variables: variables, secretFiles: secrets,
            timeLimit: min(services.settings.pace.configurationLimit, context.remaining))
    }

    /// Returns `NAME=value` lines; the role quotes them for systemd.
    private static func environmentFile(_ environment: [String: Secret]) -> Secret {
        Secret(environment.sorted { $0.key < $1.key }.map { "\($0)=\($1.reveal())\n" }.joined())
    }
}

/// The variables that every run passes to the roles.
enum RunVariables {
    static func common(_ context: StepContext) -> JSONObject {
        let instance = context.instance
        return [
            "aura_instance": .string(instance.name), "aura_instance_id": .string(instance.id.text),
            "aura_change": .string(context.job.change.text), "aura_generation": .integer(Int64(instance.generation)),
        ]
    }
}

/// The concurrency slots of configuration runs, and the wait of a job for one.
enum ConfigurationSlots {
    static let name = "configuration"
    static let reason = "for a place among the configuration runs"
    static let wait = StepOutcome.wait(.seconds(2), reason: reason)
}

/// Limits how often a play that failed on a machine is run again on the same machine.
///
/// The roles are idempotent: one more run costs a minute, a new machine costs five and another address. Therefore the
/// step ends only for a cause that is known to be permanent, or after a number of runs.
struct RunTries: Codable, Sendable, Hashable {
    /// The number of runs that failed after they began.
    var failed = 0
    /// The number of failed runs with an unknown cause.
    var unknown = 0

    /// The number of failed runs, of any cause, after which the step fails.
    static let limit = 8
    /// The number of failed runs with unknown causes after which the step fails: the first and two more.
    static let unknownLimit = 3

    /// Runs `body`. Counts a failure of the run, saves the count with `save`, and throws the failure as ``count(_:)``
    /// classifies it.
    static func counting<Value>(
        _ tries: inout RunTries?, _ save: (RunTries) async throws -> Void, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let failure as Failure where isOfTheRun(failure) {
            var counted = tries ?? RunTries()
            let verdict = counted.count(failure)
            tries = counted
            try await save(counted)
            throw verdict
        }
    }

    /// True if the failure counts as a failed run: the play ran, and failed or was ended at a limit. Runs that did not
    /// reach the machine or were cancelled do not count; the step's time limit bounds them.
    private static func isOfTheRun(_ failure: Failure) -> Bool {
        switch failure.code {
        case "ansibleTaskFailed", "ansibleCrashed", "ansibleError", "ansibleTimeLimit", "ansibleSilent",
            "ansibleOutput":
            true
        default: false
        }
    }

    /// Counts the failure and returns it with its class: permanent once a limit is reached, transient before.
    mutating func count(_ failure: Failure) -> Failure {
        guard failure.errorClass != .permanent else { return failure }
        failed += 1
        if failure.errorClass == .ambiguous { unknown += 1 }
        var verdict = failure
        if failed >= Self.limit || unknown >= Self.unknownLimit {
            verdict.errorClass = .permanent
            verdict.message += " (in run \(failed) on the same machine)"
        } else {
            verdict.errorClass = .transient
        }
        return verdict
    }
}

/// Records the events of a configuration run in the ledger.
final class RunReport: Sendable {
    private let context: StepContext
    private let tasks = Locked(1)
    private let index = Locked(0)

    init(context: StepContext) {
        self.context = context
    }

    func report(_ event: ConfigurationEvent) async throws {
        switch event {
        case .playStarted(let name, let tasks):
            self.tasks.withLock { $0 = max(tasks, 1) }
            try await context.report("play \(name): \(tasks) tasks", fraction: fraction)
        case .taskStarted(let name, let index):
            self.index.withLock { $0 = index }
            try await context.report(name, type: .taskStarted, fraction: fraction)
        case .taskFinished(let name, let outcome, let milliseconds):
            guard outcome != .skipped else { return }
            try await context.report(
                "\(name): \(outcome.rawValue)", type: .taskFinished, fraction: fraction,
                data: ["outcome": .string(outcome.rawValue), "milliseconds": .integer(milliseconds)])
        case .taskFailed(let name, let message, let isIgnored):
            try await context.report("\(name): \(message)", type: .taskFailed, data: ["ignored": .bool(isIgnored)])
        case .taskRetried(let name, let attempt, let total):
            try await context.report("\(name): try \(attempt) of \(total)")
        case .warning(let text):
            try await context.report("warning: \(text)")
        case .recap(let summary):
            try await recap(summary)
        }
    }

    /// The progress of the run; at most 0.99 until its recap.
    private var fraction: Double {
        min(Double(index.withLock { $0 }) / Double(tasks.withLock { $0 }), 0.99)
    }

    private func recap(_ summary: ConfigurationSummary) async throws {
        let counts: JSONValue = [
            "ok": .integer(Int64(summary.ok)), "changed": .integer(Int64(summary.changed)),
            "unreachable": .integer(Int64(summary.unreachable)), "failed": .integer(Int64(summary.failed)),
            "skipped": .integer(Int64(summary.skipped)), "rescued": .integer(Int64(summary.rescued)),
            "ignored": .integer(Int64(summary.ignored)),
        ]
        try await context.report("\(context.instance.name): \(summary.recap)", type: .runRecap, data: counts)
    }
}
