import Agents
import AuraModel
import FeatureKit
import Storage

extension Feature {
    /// The feature of AI-agent machines.
    static let agents = Feature(
        name: "agents", kinds: [Agents.kind], settings: AgentsConfiguration.declared
    ) {
        try AgentsConfiguration.read($0)
    }
}

extension AgentsConfiguration: ConfiguredFeature {
    var summary: [String] {
        let names = operations.agent.environment.keys.sorted()
        return names.isEmpty ? [] : ["the agent gets the keys \(names.joined(separator: ", "))"]
    }

    func checkOnline(_ environment: FeatureEnvironment) async -> OnlineCheck? {
        let machines = MachineAssembly(self, environment)
        let outcome = await machines.check().run()
        await machines.shutdown()
        return OnlineCheck(
            findings: outcome.findings, failures: outcome.failures,
            acceptance: "the providers accept it: machines can be made")
    }

    func open(_ environment: FeatureEnvironment, store: any Store) async throws -> FeatureParts {
        let machines = MachineAssembly(try opening(environment.secrets), environment)
        await machines.sweep()
        try machines.offerCredentials(store: store)
        let services = try machines.services(store: store)
        let watch = ProviderWatch(
            store: store,
            check: ProviderCheck(
                compute: services.compute, network: services.network, image: services.settings.image,
                installation: services.installation),
            settings: providers, owner: environment.owner, time: environment.time, logger: environment.logger)
        return Agents.parts(services, services: [watch]) { await machines.shutdown() }
    }
}
