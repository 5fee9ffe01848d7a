public import AuraModel

/// The rows that a transaction on secrets reads and writes. Each database implements this protocol. Its extension makes
/// the decisions about the rows, once for all databases.
///
/// All calls on one value belong to one transaction. A function that returns a record throws `corrupt` if the row cannot
/// be read.
public protocol SecretRows {
    /// The entries of the audit of the transaction, in order. The store appends them before it commits.
    var audit: [AuditDraft] { get set }

    /// Keeps other transactions from changing the secrets of the tenant until the end of this one.
    mutating func lockSecrets(of tenant: TenantID) throws
    /// Returns the tenant, or `nil` if there is none.
    mutating func tenant(_ id: TenantID) throws -> TenantRecord?
    /// Inserts the row to which the secrets of the installation belong, unless it exists.
    mutating func putInstallation(_ row: TenantRecord) throws
    /// Returns the secret, or `nil` if there is none.
    mutating func secret(_ reference: SecretReference) throws -> SecretRecord?
    /// Returns the version, or `nil` if there is none.
    mutating func version(_ reference: SecretVersionReference) throws -> SecretVersionRecord?
    /// Returns the number of secrets of the tenant.
    mutating func countSecrets(of tenant: TenantID) throws -> Int
    /// Inserts or replaces a secret.
    mutating func put(_ secret: SecretRecord) throws
    /// Inserts a version of a secret that exists.
    mutating func insert(_ version: SecretVersionRecord) throws
    /// Deletes the versions of a secret with smaller numbers.
    mutating func deleteVersions(before version: SecretVersionReference) throws
    /// Deletes the secret and its versions. Returns false if there is none.
    mutating func delete(_ reference: SecretReference) throws -> Bool
    /// Replaces the wrapped data key of a version if it is ``Rewrapping/oldWrapped``. Returns false if nothing changed.
    mutating func rewrap(_ change: Rewrapping) throws -> Bool

    /// Returns the canary of the key, or `nil` if there is none.
    mutating func canary(keyID: String) throws -> VaultCanary?
    /// Inserts a canary unless its key has one.
    mutating func insert(_ canary: VaultCanary) throws
}

// MARK: - Decisions

extension SecretRows {
    /// Inserts a version, and its secret if it is the first one. Returns the secret after it.
    public mutating func put(_ new: NewSecretVersion) throws -> SecretRecord {
        let version = new.record
        let reference = version.reference.secret
        try lockSecrets(of: reference.tenant)
        let isOfInstallation = reference.tenant == Tenant.installation
        let installation = TenantRecord(id: Tenant.installation, isEnabled: false, createdAt: version.createdAt)
        guard let tenant = try isOfInstallation ? installation : tenant(reference.tenant) else {
            throw StorageError.noTenant(reference.tenant)
        }
        let known = try secret(reference)
        if let known, try isRepetition(version, of: known) {
            note(new.audit, version.reference, AuditDraft.Outcome.unchanged)
            return known
        }
        let current = known?.currentVersion ?? 0
        guard version.reference.version == current + 1 else {
            throw StorageError(
                .conflict,
                "cannot set the secret \(reference.name) to version \(version.reference.version): its current version is "
                    + "\(current); encrypt the value for version \(current + 1)")
        }
        if known?.secretClass == .sealed, version.secretClass != .sealed {
            throw StorageError(
                .conflict,
                "cannot make the secret \(reference.name) exportable: it is sealed; set its value under another name")
        }
        if known == nil { try isOfInstallation ? putInstallation(installation) : checkQuota(of: tenant, new) }
        let wanted = SecretRecord(
            reference: reference, secretClass: version.secretClass, currentVersion: version.reference.version,
            createdAt: known?.createdAt ?? version.createdAt, updatedAt: version.createdAt)
        try put(wanted)
        try insert(version)
        var oldest = version.reference
        oldest.version -= SecretRecord.versionsAtMost - 1
        if oldest.version > 1 { try deleteVersions(before: oldest) }
        note(new.audit, version.reference, AuditDraft.Outcome.accepted)
        return wanted
    }

    private mutating func note(_ draft: AuditDraft?, _ version: SecretVersionReference, _ outcome: String) {
        note(draft, version.secret, "secret \(version.secret.name) version \(version.version)", outcome)
    }

    /// Completes a draft about a secret, and adds it to the entries of the transaction.
    private mutating func note(_ draft: AuditDraft?, _ secret: SecretReference, _ object: String, _ outcome: String) {
        guard var draft else { return }
        draft.object = object
        draft.tenant = secret.tenant
        draft.outcome = outcome
        audit.append(draft)
    }

    /// Returns true if the version is the current one already. Its data key may be wrapped under another key by now.
    private mutating func isRepetition(_ version: SecretVersionRecord, of secret: SecretRecord) throws -> Bool {
        guard version.reference.version == secret.currentVersion, let stored = try self.version(version.reference)
        else { return false }
        return stored.ciphertext == version.ciphertext && stored.nonce == version.nonce
            && stored.secretClass == version.secretClass
    }

    private mutating func checkQuota(of tenant: TenantRecord, _ new: NewSecretVersion) throws {
        guard let quota = tenant.quota.secrets ?? new.defaultQuota, try countSecrets(of: tenant.id) >= quota else {
            return
        }
        throw StorageError(
            .quotaExceeded,
            "the tenant \(tenant.id) has the \(quota) secrets that it may have: delete one, or have the quota raised",
            limit: quota)
    }

    /// Deletes a secret with its versions. Returns false if there is none.
    public mutating func deleteSecret(_ reference: SecretReference, audit: AuditDraft?) throws -> Bool {
        try lockSecrets(of: reference.tenant)
        let isDeleted = try delete(reference)
        if isDeleted { note(audit, reference, "secret \(reference.name)", AuditDraft.Outcome.accepted) }
        return isDeleted
    }

    /// Replaces wrapped data keys. Returns the number of changed versions.
    public mutating func rewrap(_ changes: [Rewrapping]) throws -> Int {
        var count = 0
        for change in changes where try rewrap(change) { count += 1 }
        return count
    }

    /// Stores the canary of a key unless the key has one. Returns the stored one.
    public mutating func putCanary(_ canary: VaultCanary) throws -> VaultCanary {
        try insert(canary)
        guard let stored = try self.canary(keyID: canary.keyID) else {
            throw StorageError(.corrupt, "the canary of the key \(canary.keyID) is missing in its own transaction")
        }
        return stored
    }
}

// MARK: - Pages

extension Page where Row == SecretRecord {
    /// The last secret, readable or not; the next page begins after it.
    public var last: SecretReference? {
        switch entries.last {
        case .success(let secret): secret.reference
        case .failure(let row): SecretReference(rowID: row.id)
        case nil: nil
        }
    }
}

extension Page where Row == SecretVersionRecord {
    /// The last version, readable or not; the next page begins after it.
    public var last: SecretVersionReference? {
        switch entries.last {
        case .success(let version): version.reference
        case .failure(let row): SecretVersionReference(rowID: row.id)
        case nil: nil
        }
    }
}

extension SecretReference {
    /// Reads the id of an unreadable row: the tenant and the name, separated by a space. Tenants have no spaces.
    fileprivate init?(rowID: String) {
        guard let end = rowID.firstIndex(of: " ") else { return nil }
        self.init(tenant: TenantID(String(rowID[..<end])), name: String(rowID[end...].dropFirst()))
    }
}

extension SecretVersionReference {
    /// Reads the id of an unreadable row: the tenant, the name and the version, separated by spaces.
    fileprivate init?(rowID: String) {
        guard let end = rowID.lastIndex(of: " "), let version = Int(rowID[end...].dropFirst()),
            let secret = SecretReference(rowID: String(rowID[..<end]))
        else { return nil }
        self.init(secret: secret, version: version)
    }
}
