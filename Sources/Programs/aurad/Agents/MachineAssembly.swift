import Agents
import AnsibleDriver
import AuraModel
import ChildProcess
import CredentialFiles
import DriverKit
import FeatureKit
import HTTPClient
import HetznerDriver
import JSON
import Logging
import SSHDriver
import Storage
import TailscaleDriver

/// Creates the drivers of agents from the settings.
struct MachineAssembly {
    private let settings: AgentsConfiguration
    private let environment: FeatureEnvironment
    private let http: HTTPClient
    private let shell: OpenSSH
    /// The program that confines children to their files: this one. `nil` if the kernel cannot.
    private static let launcher: String? = Confinement.isSupported ? "/proc/self/exe" : nil

    /// The driver that configures machines; `nil` if the image already contains the configured agent.
    private let ansible: AnsibleConfiguration?

    init(_ settings: AgentsConfiguration, _ environment: FeatureEnvironment) {
        self.settings = settings
        self.environment = environment
        http = HTTPClient(settings: environment.http)
        shell = OpenSSH(
            settings: SSHSettings(workDirectory: environment.stateDirectory + "/ssh", launcher: Self.launcher),
            time: environment.time,
            log: environment.logger)
        ansible = settings.ansible.map { given in
            AnsibleConfiguration(
                settings: AnsibleSettings(
                    playbookPath: given.playbook, treePath: given.tree, socketPath: environment.socketPath,
                    workDirectory: environment.stateDirectory + "/ansible",
                    patience: environment.lease - environment.heartbeat, launcher: Self.launcher,
                    readableFiles: [settings.operations.agent.variables["agent_archive"]?.stringValue ?? ""]
                        .filter { !$0.isEmpty }),
                time: environment.time, log: environment.logger)
        }
    }

    func services(store: any Coordination) throws -> MachineServices {
        MachineServices(
            installation: store.installation,
            compute: compute(
                shared: StoredBudget(
                    store: store, bucket: "hetzner \(settings.hetzner.endpoint)", time: environment.time)),
            network: network(),
            configuration: configuration(), health: health(), shell: shell,
            credentials: try credentialStore(),
            settings: settings.operations)
    }

    /// Returns the store of the machines' keys: the vault, or files without a key file.
    private func credentialStore() throws -> any CredentialStore {
        let files = try FileCredentialStore(directory: environment.credentialsDirectory)
        return environment.secrets.map { VaultCredentialStore($0, files: files) } ?? files
    }

    /// Names the credentials outside of the vault for `aura vault import`, and logs how many keys of machines are among
    /// them.
    func offerCredentials(store: any InstanceStore) throws {
        guard let secrets = environment.secrets else { return }
        let files = try FileCredentialStore(directory: environment.credentialsDirectory)
        secrets.offer(MachineKeyFiles(files: files, store: store))
        secrets.offer(ProviderCredentials(settings: settings.credentials))
        let left = try files.entries()
        guard let first = left.first else { return }
        environment.logger.warning(
            "keys of machines are still in files: move them into the vault with `aura vault import --delete`",
            metadata: ["files": "\(left.count)", "first": "\(first.path)"])
    }

    /// Returns the check of the providers without a store. It does not share the rate limit with other daemons.
    func check() -> ProviderCheck {
        ProviderCheck(
            compute: compute(shared: nil), network: network(), image: settings.operations.image, installation: nil)
    }

    func shutdown() async {
        await http.shutdown()
    }
}

extension MachineAssembly {
    private func compute(shared: (any SharedBudget)?) -> any ComputeDriver {
        HetznerCompute(
            settings: settings.hetzner, http: http, shared: shared, time: environment.time, random: environment.random,
            log: environment.logger)
    }

    private func network() -> (any NetworkDriver)? {
        settings.tailscale.map {
            TailscaleNetwork(
                settings: $0, http: http, time: environment.time, random: environment.random, log: environment.logger)
        }
    }

    private func health() -> any HealthDriver {
        settings.healthUsesSSH ? SSHHealth(shell: shell) : HTTPHealth(http: http)
    }

    private func configuration() -> (any ConfigurationDriver)? { ansible }

    /// Ends processes and removes files that a crashed daemon left. Must run at the start, before any job continues.
    func sweep() async {
        if Self.launcher == nil {
            environment.logger.warning("children are not confined to their files: this kernel does not use Landlock")
        }
        await shell.sweep()
        await ansible?.sweep()
    }
}
