import AuraModel
public import DriverKit

/// The drivers and stores that operations use.
public struct MachineServices: Sendable {
    public var installation: String
    public var compute: any ComputeDriver
    /// The driver of the tailnet; `nil` if machines join no tailnet.
    public var network: (any NetworkDriver)?
    /// The driver that configures machines; `nil` if the image already contains the configured agent.
    public var configuration: (any ConfigurationDriver)?
    public var health: any HealthDriver
    public var shell: any RemoteShellDriver
    public var credentials: any CredentialStore
    public var settings: MachineSettings

    public init(
        installation: String, compute: any ComputeDriver, network: (any NetworkDriver)?,
        configuration: (any ConfigurationDriver)?, health: any HealthDriver, shell: any RemoteShellDriver,
        credentials: any CredentialStore, settings: MachineSettings
    ) {
        self.installation = installation
        self.compute = compute
        self.network = network
        self.configuration = configuration
        self.health = health
        self.shell = shell
        self.credentials = credentials
        self.settings = settings
    }

    /// Returns the credentials of the machine. Throws a transient failure if this daemon has none: another daemon may have
    /// them, in its files or in a vault that this one has no key for, and the machine is paid for.
    func credentials(of instance: Instance) async throws -> MachineCredentials {
        guard let found = try await credentials.load(instance) else {
            throw Failure(
                .transient, code: "credentialsMissing",
                message:
                    "this daemon has no keys of \(instance.name): give all daemons of the database one key file, or "
                    + "one credentialsDirectory; if the keys are lost, destroy the instance")
        }
        return found
    }

    /// Returns the SSH access to the machine. Throws if its credentials are missing or it has no address.
    func access(to instance: Instance) async throws -> SSHAccess {
        let credentials = try await self.credentials(of: instance)
        guard let address = instance.server?.address else {
            throw Failure(.permanent, code: "addressMissing", message: "the machine of \(instance.name) has no address")
        }
        return SSHAccess(
            address: address, port: settings.ssh.port, user: settings.ssh.user,
            privateKey: credentials.client.privateKey,
            hostKeys: credentials.hostKeys, hostKeyAlias: instance.id.text)
    }
}
