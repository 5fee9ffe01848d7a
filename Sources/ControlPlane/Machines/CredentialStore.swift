public import AuraModel
public import DriverKit

/// Keeps what a machine is reached by, apart from the database: a private key never stands in a row.
public protocol CredentialStore: Sendable {
    /// What is kept for this generation of the instance; none where nothing is.
    func load(_ instance: Instance) async throws -> MachineCredentials?
    /// Keeps it, in place of what was kept before. Returns once it is on the disk.
    func save(_ credentials: MachineCredentials, for instance: Instance) async throws
    /// Removes it; nothing to remove is no error.
    func remove(_ instance: Instance) async throws
}

/// What one machine is reached by, and what its agent is told.
public struct MachineCredentials: Sendable {
    /// Our key pair: the machine lets its holder in.
    public var client: KeyPair
    /// The machine's host key from birth. It comes by user data, which any process on the machine can read, so it counts
    /// until the machine was configured and not after.
    public var birthHostKey: KeyPair
    /// The machine's host key from then on; it goes there over SSH.
    public var lastingHostKey: KeyPair
    public var isConfigured: Bool
    /// What clients of the agent's gateway show.
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

    /// The host keys that the machine may show now.
    public var hostKeys: [String] {
        isConfigured ? [lastingHostKey.publicKey] : [birthHostKey.publicKey, lastingHostKey.publicKey]
    }
}
