public import AuraModel

/// The tenants, principals, tokens, sessions and denied keys.
///
/// Each daemon holds all of them in memory. A counter changes in the transaction of every change, so that a daemon finds
/// out with one cheap read whether it must read them again. The numbers of rows are limited (``IdentityLimits``).
public protocol IdentityStore: Sendable {
    /// Returns all rows and the counter from one snapshot. A row that cannot be read is only in
    /// ``Identities/unreadable``, so it gives no right.
    func identities() async throws(StorageError) -> Identities
    /// Returns the counter of changes. If it is another one than that of the last ``identities()``, rows have changed.
    func identityChanges() async throws(StorageError) -> Int64
    /// Makes a change in one transaction. Returns the counter after it. A change without effect, such as a repeated one,
    /// changes neither a row nor the counter.
    ///
    /// Throws `tenantNotFound`, `principalNotFound`, `tokenNotFound`, `nameTaken`, `conflict` or `quotaExceeded`, as the
    /// cases of ``IdentityChange`` state, and `corrupt` if a row that the change depends on cannot be read.
    ///
    /// `audit` is the entry of the audit, which the transaction completes and writes, also for a change without effect;
    /// `nil` for no entry.
    func write(_ change: IdentityChange, audit: AuditDraft?) async throws(StorageError) -> Int64
}

extension IdentityStore {
    /// Makes a change that the audit does not have: one that the daemon makes by itself, such as the last use of a token.
    public func write(_ change: IdentityChange) async throws(StorageError) -> Int64 {
        try await write(change, audit: nil)
    }
}

/// All rows of an ``IdentityStore`` at one moment.
public struct Identities: Sendable {
    /// The tenants, ordered by their ids.
    public var tenants: [TenantRecord]
    /// The principals, ordered by their ids.
    public var principals: [PrincipalRecord]
    /// The tokens, ordered by their ids; also revoked and expired ones that were not pruned.
    public var tokens: [TokenRecord]
    /// The sessions, ordered by their digests; also ended ones that were not pruned.
    public var sessions: [SessionRecord]
    /// The denied keys, ordered by their digests.
    public var deniedKeys: [DeniedKey]
    /// The counter of changes.
    public var changes: Int64
    /// The rows that cannot be read. A tenant, principal, token or session among them counts as disabled.
    public var unreadable: [UnreadableRow]

    /// Creates a value, by default an empty one.
    public init(
        tenants: [TenantRecord] = [], principals: [PrincipalRecord] = [], tokens: [TokenRecord] = [],
        sessions: [SessionRecord] = [], deniedKeys: [DeniedKey] = [], changes: Int64 = 0,
        unreadable: [UnreadableRow] = []
    ) {
        self.tenants = tenants
        self.principals = principals
        self.tokens = tokens
        self.sessions = sessions
        self.deniedKeys = deniedKeys
        self.changes = changes
        self.unreadable = unreadable
    }
}

/// A change of the rows of an ``IdentityStore``.
public enum IdentityChange: Sendable {
    /// Inserts a tenant. Throws `nameTaken` if another one has the id, and `quotaExceeded`.
    case createTenant(TenantRecord)
    /// Changes a tenant. A value that is `nil` stays as it is. Members of the stored quota that only a newer daemon
    /// knows are kept. Throws `tenantNotFound`.
    case setTenant(TenantID, isEnabled: Bool?, quota: TenantQuota?)
    /// Inserts a tenant for each instance whose tenant has no row. A daemon of a release before that table can create
    /// such instances as long as it shares the database.
    case adoptTenants(at: Timestamp)
    /// Inserts a principal. Throws `nameTaken` if another one has the name or the id, `tenantNotFound` for a tenant of
    /// its list that does not exist, and `quotaExceeded`.
    case createPrincipal(PrincipalRecord)
    /// Changes a principal. A value that is `nil` stays as it is in the row, so that two changes at the same time do not
    /// undo each other. Throws `principalNotFound`, `nameTaken`, or `tenantNotFound` for a tenant of the list that does
    /// not exist.
    case setPrincipal(PrincipalID, PrincipalChange)
    /// Inserts a token. Throws `principalNotFound`, `tenantNotFound` for a tenant of its list that does not exist,
    /// `conflict` if another token has the id, and `quotaExceeded`. `defaultQuota` is the maximum number of valid tokens
    /// of a tenant without a limit of its own, and of a principal for its tokens of all tenants; `nil` means no limit.
    case createToken(TokenRecord, defaultQuota: Int? = nil)
    /// Revokes the token with this id, and ends its sessions. A token that was revoked keeps its time. Throws
    /// `tokenNotFound`.
    case revokeToken([UInt8], at: Timestamp)
    /// Stores the times of the last uses of tokens, by their ids. An earlier time than the stored one and an unknown id
    /// are ignored. Does not change the counter. Each token costs a statement, so a daemon collects uses for a while.
    case tokensUsed([[UInt8]: Timestamp])
    /// Inserts a session. Throws `tokenNotFound` if its token does not exist, is revoked or has expired, `conflict` if
    /// another session has the digest, and `quotaExceeded` if the token or the installation has too many.
    case openSession(SessionRecord)
    /// Stores the times of the last uses of sessions, by their digests. An earlier time than the stored one and an
    /// unknown digest are ignored. Each session costs a statement.
    case sessionsUsed([[UInt8]: Timestamp])
    /// Ends the session with this digest. An unknown one is ignored.
    case closeSession([UInt8])
    /// Denies a key. A key that is denied keeps its time.
    case denyKey(DeniedKey)
    /// Deletes sessions that ended before this time, and tokens that were revoked or expired before it, with their
    /// sessions.
    case prune(before: Timestamp)
}

/// New values of a principal; `nil` for a value that stays as it is.
public struct PrincipalChange: Sendable, Hashable {
    /// The name, which no other principal has.
    public var name: String?
    /// The scopes.
    public var scopes: [String]?
    /// The tenants whose objects the principal may see and change.
    public var tenants: TenantScope?
    /// False if the principal may do nothing.
    public var isEnabled: Bool?

    /// Creates a change.
    public init(
        name: String? = nil, scopes: [String]? = nil, tenants: TenantScope? = nil, isEnabled: Bool? = nil
    ) {
        self.name = name
        self.scopes = scopes
        self.tenants = tenants
        self.isEnabled = isEnabled
    }
}

/// The maximum numbers of rows of an ``IdentityStore``, for the whole installation.
public enum IdentityLimits {
    /// The maximum number of tenants.
    public static let tenants = 1000
    /// The maximum number of principals.
    public static let principals = 1000
    /// The maximum number of tokens that are neither revoked nor expired.
    public static let tokens = 10_000
    /// The maximum number of sessions that have not ended.
    public static let sessions = 10_000
    /// The maximum number of sessions of one token that have not ended.
    public static let sessionsOfToken = 32
    /// The time without a use after which a session ends.
    public static let sessionIdleTime = Duration.seconds(1800)
}
