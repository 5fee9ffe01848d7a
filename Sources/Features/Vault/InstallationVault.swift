public import AuraModel
public import FeatureKit
import Locking
import Storage

/// The secrets of the installation in the vault. They belong to ``Tenant/installation``, are always sealed, and have no
/// limit of their number.
public final class InstallationVault: InstallationSecrets {
    private let vault: Vault
    private let offers = Locked<[any OutsideCredentials]>([])

    /// Creates the secrets over a vault.
    public init(_ vault: Vault) {
        self.vault = vault
    }

    public func open(_ name: String) async throws(Failure) -> Secret? {
        do {
            return try await vault.value(of: Self.reference(name))
        } catch {
            if case .noSecret = error { return nil }
            throw Self.failure(error)
        }
    }

    public func add(_ value: Secret, as name: String) async throws(Failure) -> Bool {
        do {
            return try await insert(value, as: name)
        } catch {
            throw Self.failure(error)
        }
    }

    public func put(_ value: Secret, as name: String) async throws(Failure) {
        do {
            try await vault.set(value, as: Self.reference(name), class: .sealed)
        } catch {
            throw Self.failure(error)
        }
    }

    public func delete(_ name: String) async throws(Failure) {
        do {
            try await vault.remove(Self.reference(name))
        } catch {
            if case .noSecret = error { return }
            throw Self.failure(error)
        }
    }

    public func offer(_ credentials: any OutsideCredentials) {
        offers.withLock { $0.append(credentials) }
    }

    /// Returns the credentials that are outside of the vault now, ordered by their places.
    func outside() async throws -> [OutsideCredential] {
        var found: [OutsideCredential] = []
        for credentials in offers.withLock({ $0 }) { found += try await credentials.all() }
        return found.sorted { $0.place < $1.place }
    }

    /// Sets the value of a secret that does not exist yet. Returns false if it exists.
    func insert(_ value: Secret, as name: String) async throws(VaultError) -> Bool {
        let reference = Self.reference(name)
        do {
            guard try await vault.store.secret(reference) == nil else { return false }
            let version = SecretVersionReference(secret: reference, version: 1)
            try await vault.store.putSecret(NewSecretVersion(try vault.seal(value, for: version, .sealed)))
            return true
        } catch let error as StorageError where error.code == .conflict {
            return false
        } catch {
            throw VaultError(error, reference)
        }
    }

    /// Replaces the value of a secret that was set before `time`. Returns false, and changes nothing, if it was set later, is
    /// missing, or changes meanwhile.
    func replace(_ value: Secret, as name: String, setBefore time: Timestamp) async throws(VaultError) -> Bool {
        let reference = Self.reference(name)
        do {
            guard let known = try await vault.store.secret(reference), known.updatedAt < time else { return false }
            let version = SecretVersionReference(secret: reference, version: known.currentVersion + 1)
            _ = try await vault.store.putSecret(NewSecretVersion(try vault.seal(value, for: version, .sealed)))
            return true
        } catch let error as StorageError where error.code == .conflict {
            return false
        } catch {
            throw VaultError(error, reference)
        }
    }

    /// Returns a page of the secrets, without their values, ordered by name.
    func list(after name: String?, limit: Int) async throws(StorageError) -> Page<SecretRecord> {
        try await vault.store.secrets(
            SecretQuery(scope: .only([Tenant.installation]), after: name.map(Self.reference), limit: limit))
    }

    static func reference(_ name: String) -> SecretReference {
        SecretReference(tenant: Tenant.installation, name: name)
    }

    /// All failures are transient: a job waits until the operator has restored the database, or has set the secret again.
    private static func failure(_ error: VaultError) -> Failure {
        Failure(.transient, code: "vault", message: error.description)
    }
}
