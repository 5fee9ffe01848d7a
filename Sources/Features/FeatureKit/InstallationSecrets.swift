public import AuraModel

/// The secrets of the installation itself: providers' credentials and the keys of machines. They are in the database,
/// sealed, so that daemons of one database need no other common place. No method for callers reaches their values.
///
/// A daemon has them if it has a key file (``FeatureEnvironment/secrets``).
public protocol InstallationSecrets: Sendable {
    /// Returns the value of a secret, or `nil` if there is none.
    func open(_ name: String) async throws(Failure) -> Secret?
    /// Sets the value of a secret that does not exist yet. Returns false, and changes nothing, if it exists. Returns once
    /// it is on the disk.
    func add(_ value: Secret, as name: String) async throws(Failure) -> Bool
    /// Sets the value of a secret. Returns once it is on the disk.
    func put(_ value: Secret, as name: String) async throws(Failure)
    /// Deletes a secret with all its versions. A missing secret is not an error.
    func delete(_ name: String) async throws(Failure)
    /// Adds credentials that the daemon has outside of the database, for `vault.status` and `vault.adopt`.
    func offer(_ credentials: any OutsideCredentials)
}

/// Credentials of the installation in files or in the configuration.
public protocol OutsideCredentials: Sendable {
    /// Returns all credentials that are there now.
    func all() async throws -> [OutsideCredential]
}

/// One credential in a file or in the configuration, which can become a secret of the installation.
public struct OutsideCredential: Sendable {
    /// The name of the secret that it becomes.
    public var name: String
    /// The file or the setting that has it.
    public var place: String
    /// The reason why it is still in use there, and the remedy; `nil` if the daemon uses the secret of this name as soon
    /// as there is one.
    public var use: String?
    /// Returns the value, or `nil` if nothing needs the credential any more.
    public var value: @Sendable () async throws -> Secret?
    /// Returns the time of the last change, or `nil` if it is not known.
    public var changedAt: @Sendable () throws -> Timestamp?
    /// Deletes the file.
    public var delete: @Sendable () throws -> Void

    /// Creates a credential.
    public init(
        name: String, place: String, use: String? = nil, value: @escaping @Sendable () async throws -> Secret?,
        changedAt: @escaping @Sendable () throws -> Timestamp? = { nil },
        delete: @escaping @Sendable () throws -> Void = {}
    ) {
        self.name = name
        self.place = place
        self.use = use
        self.value = value
        self.changedAt = changedAt
        self.delete = delete
    }
}
