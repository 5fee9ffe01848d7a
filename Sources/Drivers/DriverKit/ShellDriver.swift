public import AuraModel

/// Key pairs for machines, and a first look at whether a machine lets us in.
public protocol RemoteShellDriver: Sendable {
    /// A new ed25519 key pair.
    func makeKeyPair(comment: String) async throws -> KeyPair
    /// Returns once a command ran on the machine.
    ///
    /// Throws ``Failure``: transient while the machine is not up, permanent where it shows another host key
    /// (`sshHostKeyMismatch`) or refuses our key (`sshPermissionDenied`).
    func reach(_ access: SSHAccess) async throws
}

/// An ed25519 key pair in OpenSSH's formats.
public struct KeyPair: Sendable {
    public var privateKey: Secret
    /// One line, `ssh-ed25519 AAAA… comment`.
    public var publicKey: String

    public init(privateKey: Secret, publicKey: String) {
        self.privateKey = privateKey
        self.publicKey = publicKey
    }
}
