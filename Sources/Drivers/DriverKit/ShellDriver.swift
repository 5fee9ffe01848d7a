public import AuraModel

/// A driver that creates key pairs for machines and tests the SSH access to a machine.
public protocol RemoteShellDriver: Sendable {
    /// Returns a new ed25519 key pair.
    func makeKeyPair(comment: String) async throws -> KeyPair
    /// Runs `true` on the machine over SSH.
    ///
    /// Throws `Failure`: transient while the machine is not up; permanent if it presents another host key
    /// (`sshHostKeyMismatch`) or refuses the private key (`sshPermissionDenied`).
    func reach(_ access: SSHAccess) async throws
}

/// An ed25519 key pair in OpenSSH's formats.
public struct KeyPair: Sendable {
    /// The private key.
    public var privateKey: Secret
    /// The public key, as one line: `ssh-ed25519 AAAA… comment`.
    public var publicKey: String

    /// Creates a key pair from its parts.
    public init(privateKey: Secret, publicKey: String) {
        self.privateKey = privateKey
        self.publicKey = publicKey
    }
}
