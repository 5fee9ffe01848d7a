public import FeatureKit
public import JSONRPC
public import Jobs
public import RPCService
public import Reconciliation
public import ServiceLifecycle

/// The feature of AI-agent machines: the operations on them, their resources, and the method `provision`.
public enum Agents {
    /// Returns the parts of the feature over its drivers.
    ///
    /// `services` run for as long as the daemon serves, such as ``ProviderWatch``. `shutdown` releases the drivers.
    public static func parts(
        _ machines: MachineServices, services: [any Service] = [],
        shutdown: @escaping @Sendable () async -> Void = {}
    ) -> FeatureParts {
        let settings = machines.settings
        return FeatureParts(
            operations: operations(machines), sources: sources(machines), regions: settings.regions,
            sizes: settings.sizes,
            register: { router, service in
                registerMethods(regions: settings.regions, sizes: settings.sizes, service, in: &router)
            }, services: services, shutdown: shutdown)
    }

    /// Adds `provision` to the router. It accepts these names of regions and sizes.
    public static func registerMethods(
        regions: [String], sizes: [String], _ service: RPCService, in router: inout Router
    ) {
        AgentMethods(regions: regions, sizes: sizes, service: service).register(in: &router)
    }

    /// Returns the operations on agents.
    public static func operations(_ machines: MachineServices) -> [Operation] {
        [
            Operation(Provision.definition(machines), admit: Provision.admitAgain),
            Operation(Suspend.definition(machines), admit: Suspend.admit),
            Operation(Resume.definition(machines), admit: Resume.admit),
            Operation(Restart.definition(machines), admit: Restart.admit),
            Operation(
                Destroy.definition(machines), former: [Destroy.firstDefinition(machines)], admit: Destroy.admit),
        ]
    }

    /// Returns the sources of the resources that agents have: machines and SSH keys, and tailnet devices if there is a
    /// tailnet.
    public static func sources(_ machines: MachineServices) -> [any ResourceSource] {
        var sources: [any ResourceSource] = [
            ServerSource(compute: machines.compute, installation: machines.installation),
            KeySource(compute: machines.compute, installation: machines.installation),
        ]
        if let network = machines.network { sources.append(DeviceSource(network: network)) }
        return sources
    }
}
