import Agents
import AnsibleDriver
import AuraAPI
import AuraModel
import CredentialFiles
import DriverKit
import HTTPClient
import HetznerDriver
import Logging
import SSHDriver
import Storage
import TailscaleDriver

/// Creates the drivers from the settings.
struct MachineAssembly {
    let settings: Settings
    let time: any TimeSource
    let random: any RandomSource
    let logger: Logger
    private let http: HTTPClient
    private let shell: OpenSSH
    /// The driver that configures machines; `nil` if the image already contains the configured agent.
    private let ansible: AnsibleConfiguration?

    init(settings: Settings, time: any TimeSource, random: any RandomSource, logger: Logger) throws {
        self.settings = settings
        self.time = time
        self.random = random
        self.logger = logger
        http = HTTPClient(
            settings: HTTPClientSettings(
                userAgent: "aurad/\(AuraVersion.text)", certificateAuthorityFile: settings.certificateAuthorityFile,
                proxy: settings.proxy))
        shell = OpenSSH(
            settings: SSHSettings(workDirectory: settings.persistence.stateDirectory + "/ssh"), time: time, log: logger)
        ansible = settings.machines.ansible.map { given in
            AnsibleConfiguration(
                settings: AnsibleSettings(
                    playbookPath: given.playbook, treePath: given.tree, socketPath: settings.wire.socket,
                    workDirectory: settings.persistence.stateDirectory + "/ansible",
                    patience: .seconds(settings.engine.leaseSeconds - settings.engine.heartbeatSeconds)),
                time: time, log: logger)
        }
    }

    func services(store: any Coordination) throws -> MachineServices {
        MachineServices(
            installation: store.installation,
            compute: compute(
                shared: StoredBudget(
                    store: store, bucket: "hetzner \(settings.machines.hetzner.endpoint)", time: time)),
            network: network(),
            configuration: configuration(), health: health(), shell: shell,
            credentials: try FileCredentialStore(directory: settings.persistence.credentialsDirectory),
            settings: settings.machines.operations)
    }

    /// Returns the check of the providers. Without a store, it does not share the rate limit with other daemons.
    func check(installation: String?) -> ProviderCheck {
        ProviderCheck(
            compute: compute(shared: nil), network: network(), image: settings.machines.operations.image,
            installation: installation)
    }

    func shutdown() async {
        await http.shutdown()
    }
}

extension MachineAssembly {
    private func compute(shared: (any SharedBudget)?) -> any ComputeDriver {
        HetznerCompute(
            settings: settings.machines.hetzner, http: http, shared: shared, time: time, random: random, log: logger)
    }

    private func network() -> (any NetworkDriver)? {
        settings.machines.tailscale.map {
            TailscaleNetwork(settings: $0, http: http, time: time, random: random, log: logger)
        }
    }

    private func health() -> any HealthDriver {
        settings.machines.healthUsesSSH ? SSHHealth(shell: shell) : HTTPHealth(http: http)
    }

    private func configuration() -> (any ConfigurationDriver)? { ansible }

    /// Ends processes and removes files that a crashed daemon left. Must run at the start, before any job continues.
    func sweep() async {
        await shell.sweep()
        await ansible?.sweep()
    }
}
