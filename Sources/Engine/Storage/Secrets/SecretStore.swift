public import AuraModel

/// The secrets of tenants and their versions, encrypted. The store never sees a plain value or a plain key.
///
/// A secret has a current version and its former ones. Sealing binds a value to the installation, the tenant, the name,
/// the version and the class, so a caller knows all of them before it encrypts.
public protocol SecretStore: Sendable {
    /// Returns a secret without its values, or `nil` if it does not exist. Throws `corrupt` if the row cannot be read.
    func secret(_ reference: SecretReference) async throws(StorageError) -> SecretRecord?
    /// Returns a page of secrets without their values, ordered by tenant and name. A row that cannot be read keeps its
    /// position in the page.
    func secrets(_ query: SecretQuery) async throws(StorageError) -> Page<SecretRecord>
    /// Returns a version, by default the current one, or `nil` if it does not exist. Throws `corrupt` if the row cannot
    /// be read.
    func secretVersion(
        _ reference: SecretReference, version: Int?
    ) async throws(StorageError) -> SecretVersionRecord?
    /// Inserts a version, and the secret if it is the first one. Returns the secret after it. The same version again
    /// changes nothing. Only the last ``SecretRecord/versionsAtMost`` versions are kept.
    ///
    /// Throws `tenantNotFound`; `conflict` if the version is not the current one + 1 or if an exportable version follows
    /// a sealed one; and `quotaExceeded` if the tenant may have no more secrets.
    @discardableResult
    func putSecret(_ version: NewSecretVersion) async throws(StorageError) -> SecretRecord
    /// Deletes a secret with all its versions. Returns false if it does not exist. `audit` is the entry of the audit,
    /// which the transaction completes and writes if there was a secret; `nil` for no entry.
    @discardableResult
    func deleteSecret(_ reference: SecretReference, audit: AuditDraft?) async throws(StorageError) -> Bool

    /// Returns versions whose data key is wrapped under another key than `keyID`, ordered by tenant, name and version,
    /// after `after`, at most `limit`. A row that cannot be read keeps its position in the page.
    func versionsToRewrap(
        keyID: String, after: SecretVersionReference?, limit: Int
    ) async throws(StorageError) -> Page<SecretVersionRecord>
    /// Replaces wrapped data keys in one transaction. A version whose wrapped key is no longer the given old one is not
    /// changed. Returns the number of changed versions.
    func rewrap(_ changes: [Rewrapping]) async throws(StorageError) -> Int
    /// Returns the number of versions by the name of the key under which they are wrapped.
    func versionCounts() async throws(StorageError) -> [String: Int]

    /// Returns the canary of a key, or `nil` if there is none.
    func canary(keyID: String) async throws(StorageError) -> VaultCanary?
    /// Stores the canary of a key unless the key has one. Returns the stored one, which the caller must check.
    func putCanary(_ canary: VaultCanary) async throws(StorageError) -> VaultCanary
}

extension SecretStore {
    /// Deletes a secret without an entry of the audit.
    @discardableResult
    public func deleteSecret(_ reference: SecretReference) async throws(StorageError) -> Bool {
        try await deleteSecret(reference, audit: nil)
    }
}

/// The tenant and the name of a secret.
public struct SecretReference: Sendable, Hashable {
    /// The owner of the secret.
    public var tenant: TenantID
    /// The name of the secret within its tenant.
    public var name: String

    /// Creates a reference.
    public init(tenant: TenantID, name: String) {
        self.tenant = tenant
        self.name = name
    }
}

/// A secret and the number of one of its versions.
public struct SecretVersionReference: Sendable, Hashable {
    /// The secret.
    public var secret: SecretReference
    /// The number of the version, from 1.
    public var version: Int

    /// Creates a reference.
    public init(secret: SecretReference, version: Int) {
        self.secret = secret
        self.version = version
    }
}

/// A secret without its values.
public struct SecretRecord: Sendable, Hashable {
    /// The number of versions that are kept: the current one and those before it. Older ones are deleted when a new one
    /// is inserted.
    public static let versionsAtMost = 20

    /// The tenant and the name.
    public var reference: SecretReference
    /// The class of the current version. A former version may be of another class; this one decides what a caller may
    /// get.
    public var secretClass: SecretClass
    /// The number of the current version.
    public var currentVersion: Int
    /// The time of the first version.
    public var createdAt: Timestamp
    /// The time of the current version.
    public var updatedAt: Timestamp

    /// Creates a secret.
    public init(
        reference: SecretReference, secretClass: SecretClass, currentVersion: Int, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.reference = reference
        self.secretClass = secretClass
        self.currentVersion = currentVersion
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// One encrypted version of a secret.
public struct SecretVersionRecord: Sendable, Hashable {
    /// The secret and the number of the version.
    public var reference: SecretVersionReference
    /// The class for which the value was encrypted.
    public var secretClass: SecretClass
    /// The name of the master key under which the data key is wrapped.
    public var keyID: String
    /// The nonce of the wrapping.
    public var wrapNonce: [UInt8]
    /// The wrapped data key with its tag.
    public var wrapped: [UInt8]
    /// The nonce of the value.
    public var nonce: [UInt8]
    /// The encrypted value with its tag.
    public var ciphertext: [UInt8]
    /// The time at which the version was created.
    public var createdAt: Timestamp
    /// The principal that created the version; `nil` if the daemon did.
    public var createdBy: PrincipalID?
    /// The change that caused the version; `nil` if there is none.
    public var change: ChangeID?

    /// Creates a version.
    public init(
        reference: SecretVersionReference, secretClass: SecretClass, keyID: String, wrapNonce: [UInt8],
        wrapped: [UInt8], nonce: [UInt8], ciphertext: [UInt8], createdAt: Timestamp, createdBy: PrincipalID? = nil,
        change: ChangeID? = nil
    ) {
        self.reference = reference
        self.secretClass = secretClass
        self.keyID = keyID
        self.wrapNonce = wrapNonce
        self.wrapped = wrapped
        self.nonce = nonce
        self.ciphertext = ciphertext
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.change = change
    }
}

/// A version to insert.
public struct NewSecretVersion: Sendable {
    /// The version, encrypted for its number and its class.
    public var record: SecretVersionRecord
    /// The maximum number of secrets of a tenant without a limit of its own; `nil` means no limit.
    public var defaultQuota: Int?
    /// The entry of the audit, which the transaction completes and writes; `nil` for no entry.
    public var audit: AuditDraft?

    /// Creates a version to insert.
    public init(_ record: SecretVersionRecord, defaultQuota: Int? = nil, audit: AuditDraft? = nil) {
        self.record = record
        self.defaultQuota = defaultQuota
        self.audit = audit
    }
}

/// A query for secrets.
public struct SecretQuery: Sendable {
    /// The tenants whose secrets are listed.
    public var scope: TenantScope
    /// Only secrets after this one, in the order of the query.
    public var after: SecretReference?
    /// The maximum number of rows.
    public var limit: Int

    /// Creates a query.
    public init(scope: TenantScope, after: SecretReference? = nil, limit: Int = 100) {
        self.scope = scope
        self.after = after
        self.limit = limit
    }
}

/// A new wrapping of the data key of a version. The value is not touched.
public struct Rewrapping: Sendable, Hashable {
    /// The version.
    public var reference: SecretVersionReference
    /// The wrapped data key from which the new one was made.
    public var oldWrapped: [UInt8]
    /// The name of the master key of the new wrapping.
    public var keyID: String
    /// The nonce of the new wrapping.
    public var wrapNonce: [UInt8]
    /// The wrapped data key.
    public var wrapped: [UInt8]

    /// Creates a new wrapping.
    public init(
        reference: SecretVersionReference, oldWrapped: [UInt8], keyID: String, wrapNonce: [UInt8], wrapped: [UInt8]
    ) {
        self.reference = reference
        self.oldWrapped = oldWrapped
        self.keyID = keyID
        self.wrapNonce = wrapNonce
        self.wrapped = wrapped
    }
}

/// A known value, encrypted under a master key. A daemon decrypts it at its start to prove that it has the right key.
public struct VaultCanary: Sendable, Hashable {
    /// The name of the master key.
    public var keyID: String
    /// The nonce of the value.
    public var nonce: [UInt8]
    /// The encrypted value with its tag.
    public var ciphertext: [UInt8]

    /// Creates a canary.
    public init(keyID: String, nonce: [UInt8], ciphertext: [UInt8]) {
        self.keyID = keyID
        self.nonce = nonce
        self.ciphertext = ciphertext
    }
}
