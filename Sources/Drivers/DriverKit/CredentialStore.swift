public import AuraModel

/// Stores the credentials of machines: in files, or encrypted in the database.
public protocol CredentialStore: Sendable {
    /// Returns the credentials of this generation of the instance, or `nil` if there are none.
    func load(_ instance: Instance) async throws -> MachineCredentials?
    /// Stores the first credentials of this generation. Returns false, and changes nothing, if there are some: another
    /// daemon may have the job by now. Returns once they are on the disk.
    func add(_ credentials: MachineCredentials, for instance: Instance) async throws -> Bool
    /// Stores credentials and replaces earlier ones. Returns once they are on the disk.
    func save(_ credentials: MachineCredentials, for instance: Instance) async throws
    /// Removes credentials. Missing credentials are not an error.
    func remove(_ instance: Instance) async throws
}

extension CredentialStore {
    /// Stores the credentials if there are none now.
    public func add(_ credentials: MachineCredentials, for instance: Instance) async throws -> Bool {
        guard try await load(instance) == nil else { return false }
        try await save(credentials, for: instance)
        return true
    }
}

/// The keys to reach one machine, and the secret of its agent.
public struct MachineCredentials: Sendable {
    /// The daemon's key pair for logins on the machine.
    public var client: KeyPair
    /// The machine's first host key. It is delivered in user data, which any process on the machine can read. It is
    /// therefore valid only until the machine is configured.
    public var birthHostKey: KeyPair
    /// The machine's host key after its configuration. It is delivered over SSH.
    public var lastingHostKey: KeyPair
    public var isConfigured: Bool
    /// The token that clients of the agent's gateway present.
    public var gatewayToken: Secret

    public init(
        client: KeyPair, birthHostKey: KeyPair, lastingHostKey: KeyPair, isConfigured: Bool, gatewayToken: Secret
    ) {
        self.client = client
        self.birthHostKey = birthHostKey
        self.lastingHostKey = lastingHostKey
        self.isConfigured = isConfigured
        self.gatewayToken = gatewayToken
    }

    /// The public host keys that the machine may present now.
    public var hostKeys: [String] {
        isConfigured ? [lastingHostKey.publicKey] : [birthHostKey.publicKey, lastingHostKey.publicKey]
    }
}
