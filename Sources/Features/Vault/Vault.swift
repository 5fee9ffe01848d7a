public import AuraModel
public import Storage
public import VaultKeys

/// The secrets of tenants: encrypts each value for its version, and decrypts it. The store never sees a plain value.
///
/// A value leaves the vault as a ``Secret``. Callers open a secret for one call of a driver or one file of a run, and do
/// not keep it.
///
/// The public functions do not reach the secrets of the installation: for them, these do not exist. ``InstallationVault``
/// does.
public struct Vault: Sendable {
    /// The maximum number of secrets of a tenant without a limit of its own.
    public static let secretsPerTenant = 500
    /// The longest name, in characters.
    public static let nameLimit = 128
    /// The number of times that a value is encrypted if other callers set the same secret meanwhile.
    /// Each further time, another caller has succeeded, so a caller among six would fail one time in forty at 20.
    static let attempts = 200

    let store: any SecretStore
    private let keys: MasterKeys
    private let envelope: Envelope
    private let installation: String
    private let time: any TimeSource
    private let onUse: @Sendable (SecretReference) -> Void

    /// Creates a vault without a check of its keys. A daemon uses ``open(_:keys:installation:time:onUse:)``.
    init(
        store: any SecretStore, keys: MasterKeys, installation: String, time: any TimeSource,
        onUse: @escaping @Sendable (SecretReference) -> Void = { _ in }
    ) {
        self.onUse = onUse
        self.store = store
        self.keys = keys
        envelope = Envelope(keys)
        self.installation = installation
        self.time = time
    }
}

// MARK: - Values

extension Vault {
    /// Sets the value of a secret: inserts it, or a new version of it. Returns the secret after it.
    ///
    /// Without a class, the secret keeps its class, and a new one is sealed. If other callers set the same secret at the
    /// same time, the value is encrypted again for the next version, ``attempts`` times at most. `audit` is the entry of
    /// the audit that the transaction writes.
    @discardableResult
    public func put(
        _ value: Secret, as reference: SecretReference, class wanted: SecretClass? = nil,
        by principal: PrincipalID? = nil, change: ChangeID? = nil, audit: AuditDraft? = nil
    ) async throws(VaultError) -> SecretRecord {
        guard reference.tenant != Tenant.installation else { throw .storage(.noTenant(reference.tenant)) }
        return try await set(value, as: reference, class: wanted, by: principal, change: change, audit: audit)
    }

    /// Sets the value of any secret, also of one of the installation.
    @discardableResult
    func set(
        _ value: Secret, as reference: SecretReference, class wanted: SecretClass? = nil,
        by principal: PrincipalID? = nil, change: ChangeID? = nil, audit: AuditDraft? = nil
    ) async throws(VaultError) -> SecretRecord {
        guard Self.isName(reference.name) else { throw .invalidName }
        guard !value.isEmpty, value.byteCount <= Envelope.valueLimitBytes else { throw .invalidLength }
        var attempt = 1
        while true {
            do {
                let known = try await store.secret(reference)
                let secretClass = wanted ?? known?.secretClass ?? .sealed
                if known?.secretClass == .sealed, secretClass == .exportable { throw VaultError.staysSealed(reference) }
                let version = SecretVersionReference(secret: reference, version: (known?.currentVersion ?? 0) + 1)
                var record = try seal(value, for: version, secretClass)
                (record.createdBy, record.change) = (principal, change)
                return try await store.putSecret(
                    NewSecretVersion(record, defaultQuota: Self.secretsPerTenant, audit: audit))
            } catch let error as StorageError {
                guard error.code == .conflict, attempt < Self.attempts else { throw .storage(error) }
                attempt += 1
            } catch let error as Envelope.Failure {
                throw .unusable(reference, error)
            } catch let error as VaultError {
                throw error
            } catch {
                preconditionFailure("no other error is thrown")
            }
        }
    }

    /// Returns the value of a secret, by default of its current version. Only for the daemon itself: the class of the
    /// secret is not checked.
    public func open(_ reference: SecretReference, version: Int? = nil) async throws(VaultError) -> Secret {
        try Self.check(reference)
        return try await value(of: reference, version: version)
    }

    /// Returns the value of any secret, also of one of the installation.
    func value(of reference: SecretReference, version: Int? = nil) async throws(VaultError) -> Secret {
        do {
            guard let record = try await store.secretVersion(reference, version: version) else {
                throw VaultError.noSecret(reference)
            }
            let value = try open(record)
            onUse(reference)
            return value
        } catch {
            throw VaultError(error, reference)
        }
    }

    /// Returns an exportable secret and its current value. Throws ``VaultError/sealed(_:)`` for a sealed one.
    public func reveal(
        _ reference: SecretReference
    ) async throws(VaultError) -> (secret: SecretRecord, value: Secret) {
        try Self.check(reference)
        do {
            guard let secret = try await store.secret(reference),
                let record = try await store.secretVersion(reference, version: secret.currentVersion)
            else { throw VaultError.noSecret(reference) }
            // Only the class of the version is authenticated by the encryption.
            guard secret.secretClass == .exportable, record.secretClass == .exportable else {
                throw VaultError.sealed(reference)
            }
            return (secret, try open(record))
        } catch {
            throw VaultError(error, reference)
        }
    }

    /// Returns a page of secrets without their values.
    public func list(_ query: SecretQuery) async throws(VaultError) -> Page<SecretRecord> {
        do {
            return try await store.secrets(Self.withoutInstallation(query))
        } catch {
            throw .storage(error)
        }
    }

    /// Returns the query without the secrets of the installation. They are before those of all tenants, because a
    /// tenant's id begins with a letter, and secrets are ordered by their bytes.
    private static func withoutInstallation(_ query: SecretQuery) -> SecretQuery {
        var query = query
        switch query.scope {
        case .only(let tenants): query.scope = .only(tenants.subtracting([Tenant.installation]))
        case .all:
            let isAfter = query.after.map {
                Tenant.installation.text.utf8.lexicographicallyPrecedes($0.tenant.text.utf8)
            }
            guard isAfter != true else { break }
            // No name has this character, which is greater than all that a name can have.
            query.after = SecretReference(tenant: Tenant.installation, name: "~")
        }
        return query
    }

    /// Deletes a secret with all its versions. Throws ``VaultError/noSecret(_:)`` if there is none. `audit` is the entry
    /// of the audit for the deletion.
    public func delete(_ reference: SecretReference, audit: AuditDraft? = nil) async throws(VaultError) {
        try Self.check(reference)
        try await remove(reference, audit: audit)
    }

    /// Deletes any secret, also one of the installation.
    func remove(_ reference: SecretReference, audit: AuditDraft? = nil) async throws(VaultError) {
        do {
            guard try await store.deleteSecret(reference, audit: audit) else { throw VaultError.noSecret(reference) }
        } catch {
            throw VaultError(error, reference)
        }
    }

    /// Throws ``VaultError/noSecret(_:)`` for a secret of the installation.
    private static func check(_ reference: SecretReference) throws(VaultError) {
        guard reference.tenant != Tenant.installation else { throw .noSecret(reference) }
    }

    /// Returns true for 1 to ``nameLimit`` letters, digits, dots, underscores and hyphens of ASCII that begin with a
    /// letter or digit.
    static func isName(_ text: String) -> Bool {
        func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        let others: [UInt8] = [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")]
        return (1...nameLimit).contains(text.utf8.count) && text.utf8.first.map(isLetterOrDigit) == true
            && text.utf8.allSatisfy { isLetterOrDigit($0) || others.contains($0) }
    }

    func seal(
        _ value: Secret, for version: SecretVersionReference, _ secretClass: SecretClass
    ) throws(Envelope.Failure) -> SecretVersionRecord {
        var plain = value.withBytes { Array($0) }
        defer { plain.clear() }
        let sealed = try envelope.seal(plain, for: address(version, secretClass))
        return SecretVersionRecord(
            reference: version, secretClass: secretClass, keyID: sealed.keyID, wrapNonce: sealed.wrapNonce,
            wrapped: sealed.wrapped, nonce: sealed.nonce, ciphertext: sealed.ciphertext, createdAt: time.now())
    }

    private func open(_ record: SecretVersionRecord) throws(Envelope.Failure) -> Secret {
        var plain = try envelope.open(record.sealed, for: address(record.reference, record.secretClass))
        return Secret(clearing: &plain)
    }

    private func address(_ version: SecretVersionReference, _ secretClass: SecretClass) -> SecretAddress {
        SecretAddress(
            installation: installation, tenant: version.secret.tenant.text, name: version.secret.name,
            version: version.version, secretClass: secretClass)
    }
}

// MARK: - Start

extension Vault {
    /// Proves that the daemon has the keys that the database needs, and returns the vault; `nil` without a key file.
    ///
    /// Each key has a canary. The canary of a key that the database has not seen yet is stored now. Nothing else is
    /// written. Throws ``VaultStartError``, or ``StorageError`` if the database cannot be read. `onUse` is called for each
    /// secret that ``open(_:version:)`` returns; it must not block.
    public static func open(
        _ store: any SecretStore, keys: MasterKeys?, installation: String, time: any TimeSource,
        onUse: @escaping @Sendable (SecretReference) -> Void = { _ in }
    ) async throws -> Vault? {
        // A version is stored only after the canary of its key, so the counts are read before the canaries.
        let needed = try await store.versionCounts()
        guard let keys else {
            guard needed.isEmpty else { throw VaultStartError.noKeyFile(needed.keys.sorted()) }
            return nil
        }
        let missing = needed.keys.filter { keys[$0] == nil }
        guard missing.isEmpty else { throw VaultStartError.missingKeys(missing.sorted()) }
        let envelope = Envelope(keys)
        for key in keys.all {
            var canary = try await store.canary(keyID: key.id)
            if canary == nil {
                guard needed[key.id] == nil else { throw VaultStartError.noCanary(key.id) }
                // Another daemon may have stored one meanwhile; that one counts.
                canary = try await store.putCanary(envelope.canary(of: key, installation: installation))
            }
            guard let canary, envelope.isRight(key, for: canary, installation: installation) else {
                throw VaultStartError.wrongKey(key.id)
            }
        }
        return Vault(store: store, keys: keys, installation: installation, time: time, onUse: onUse)
    }
}

// MARK: - Rotation

extension Vault {
    /// The number of versions of a page of the rotation.
    static let rewrapLimit = 500

    /// The result of rewrapping one page of versions.
    struct RewrappedPage: Sendable {
        /// The number of versions that are now wrapped under the current key.
        var changed = 0
        /// The versions that could not be rewrapped, with the reasons.
        var failures: [String] = []
        /// The version after which the next page begins; `nil` after the last page.
        var last: SecretVersionReference?
    }

    /// The name of the key under which new versions are wrapped.
    var currentKey: String { keys.current }
    /// The names of the keys of the key file, the current one first.
    var keyIDs: [String] { keys.ids }

    /// Returns the number of versions by the name of their key, without those of the current key.
    func versionsUnderFormerKeys() async throws(StorageError) -> [String: Int] {
        try await store.versionCounts().filter { $0.key != keys.current }
    }

    /// Wraps a page of data keys under the current key. The values are not touched. A version that another daemon
    /// changed or deleted meanwhile is left as it is.
    func rewrap(after: SecretVersionReference?) async throws(StorageError) -> RewrappedPage {
        let page = try await store.versionsToRewrap(keyID: keys.current, after: after, limit: Self.rewrapLimit)
        var result = RewrappedPage(last: page.count < Self.rewrapLimit ? nil : page.last)
        result.failures = page.unreadable.map { "\($0.id): \($0.reason)" }
        var changes: [Rewrapping] = []
        for record in page.rows {
            do {
                let sealed = try envelope.rewrap(record.sealed, for: address(record.reference, record.secretClass))
                changes.append(
                    Rewrapping(
                        reference: record.reference, oldWrapped: record.wrapped, keyID: sealed.keyID,
                        wrapNonce: sealed.wrapNonce, wrapped: sealed.wrapped))
            } catch {
                let secret = record.reference.secret
                result.failures.append("\(secret.tenant) \(secret.name) \(record.reference.version): \(error)")
            }
        }
        if !changes.isEmpty { result.changed = try await store.rewrap(changes) }
        return result
    }
}

extension SecretVersionRecord {
    /// The encrypted value of the version.
    fileprivate var sealed: SealedSecret {
        SealedSecret(keyID: keyID, wrapNonce: wrapNonce, wrapped: wrapped, nonce: nonce, ciphertext: ciphertext)
    }
}
