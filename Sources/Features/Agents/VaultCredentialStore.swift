public import AuraModel
public import DriverKit
public import FeatureKit

/// Stores the credentials of each machine as one secret of the installation, so that all daemons of a database have them.
///
/// Credentials that are only in a file, from the time before the key file, are read there.
public struct VaultCredentialStore: CredentialStore {
    private let secrets: any InstallationSecrets
    private let files: any CredentialStore

    /// Creates a store. `files` has the credentials of before.
    public init(_ secrets: any InstallationSecrets, files: any CredentialStore) {
        self.secrets = secrets
        self.files = files
    }

    /// Returns the name of the secret of one generation of an instance.
    public static func name(_ instance: InstanceID, generation: Int) -> String {
        "\(CredentialSetting.reservedPrefix)\(instance)-g\(generation)"
    }

    public func load(_ instance: Instance) async throws -> MachineCredentials? {
        guard let secret = try await secrets.open(Self.name(of: instance)) else {
            return try await files.load(instance)
        }
        do {
            return try MachineCredentials(stored: secret)
        } catch {
            throw Failure(
                .transient, code: "credentialStore",
                message: "cannot read the credentials of \(instance.name) in the vault: restore the database")
        }
    }

    public func add(_ credentials: MachineCredentials, for instance: Instance) async throws -> Bool {
        guard try await files.load(instance) == nil else { return false }
        try LeaseGuard.check()
        return try await secrets.add(try credentials.stored, as: Self.name(of: instance))
    }

    public func save(_ credentials: MachineCredentials, for instance: Instance) async throws {
        // Another daemon may have the job by now, and other credentials for the machine.
        try LeaseGuard.check()
        try await secrets.put(try credentials.stored, as: Self.name(of: instance))
    }

    public func remove(_ instance: Instance) async throws {
        try await secrets.delete(Self.name(of: instance))
        try await files.remove(instance)
    }

    private static func name(of instance: Instance) -> String { name(instance.id, generation: instance.generation) }
}
