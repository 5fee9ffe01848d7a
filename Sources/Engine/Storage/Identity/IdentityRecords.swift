public import AuraModel
public import JSON

/// A tenant: the owner of instances, secrets and quotas. A tenant is never deleted.
public struct TenantRecord: Sendable, Hashable {
    /// The tenant's name, which is its id.
    public var id: TenantID
    /// False if the tenant may do nothing.
    public var isEnabled: Bool
    /// The tenant's own limits.
    public var quota: TenantQuota
    /// The time at which the tenant was created, or at which a migration found it in the rows of instances and jobs.
    public var createdAt: Timestamp
    /// The principal that created the tenant; `nil` for a tenant that a migration created.
    public var createdBy: PrincipalID?

    /// Creates a tenant, by default an enabled one without limits of its own.
    public init(
        id: TenantID, isEnabled: Bool = true, quota: TenantQuota = TenantQuota(), createdAt: Timestamp,
        createdBy: PrincipalID? = nil
    ) {
        self.id = id
        self.isEnabled = isEnabled
        self.quota = quota
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// The limits of one tenant. A limit that is `nil` is the installation's default.
public struct TenantQuota: Sendable, Hashable {
    /// The maximum number of live instances.
    public var liveInstances: Int?
    /// The maximum number of jobs that have started and not ended.
    public var jobsInFlight: Int?
    /// The maximum number of calls per minute.
    public var callsPerMinute: Int?
    /// The maximum number of calls per minute that change something.
    public var mutationsPerMinute: Int?
    /// The maximum number of tokens that are neither revoked nor expired.
    public var tokens: Int?
    /// The maximum number of secrets.
    public var secrets: Int?
    /// Members of the stored document that only a newer daemon knows. They are written back unchanged.
    public var otherMembers: JSONObject = [:]

    /// Creates limits.
    public init(
        liveInstances: Int? = nil, jobsInFlight: Int? = nil, callsPerMinute: Int? = nil, mutationsPerMinute: Int? = nil,
        tokens: Int? = nil, secrets: Int? = nil
    ) {
        self.liveInstances = liveInstances
        self.jobsInFlight = jobsInFlight
        self.callsPerMinute = callsPerMinute
        self.mutationsPerMinute = mutationsPerMinute
        self.tokens = tokens
        self.secrets = secrets
    }
}

/// The kind of a principal. A row with a kind that this version does not know is unreadable, because its rights are not
/// known.
public struct PrincipalKind: OpenName {
    /// The name in rows and on the wire.
    public let rawValue: String

    /// Creates a kind with this name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A human user.
    public static let person = PrincipalKind(rawValue: "person")
    /// A program.
    public static let service = PrincipalKind(rawValue: "service")

    /// The kinds that this version knows.
    public static let allCases: [PrincipalKind] = [.person, .service]
}

/// A principal: a person or a program that calls methods. A principal is disabled, but never deleted.
public struct PrincipalRecord: Sendable, Hashable {
    /// The principal's id, a UUIDv7.
    public var id: PrincipalID
    /// The name, which no other principal has.
    public var name: String
    /// The kind of principal.
    public var kind: PrincipalKind
    /// The scopes, such as `instances:write`. Their order has no meaning.
    public var scopes: [String]
    /// The tenants whose objects the principal may see and change.
    public var tenants: TenantScope
    /// False if the principal may do nothing.
    public var isEnabled: Bool
    /// The time at which the principal was created.
    public var createdAt: Timestamp
    /// The principal that created this one; `nil` if the daemon did.
    public var createdBy: PrincipalID?

    /// Creates a principal, by default an enabled one.
    public init(
        id: PrincipalID, name: String, kind: PrincipalKind, scopes: [String], tenants: TenantScope,
        isEnabled: Bool = true, createdAt: Timestamp, createdBy: PrincipalID? = nil
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.scopes = scopes
        self.tenants = tenants
        self.isEnabled = isEnabled
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// The row of a token. It has nothing from which the token's text could be made.
public struct TokenRecord: Sendable, Hashable {
    /// The number of bytes of ``id``.
    public static let idBytes = 16
    /// The number of bytes of ``check``.
    public static let checkBytes = 8

    /// The id in the token's text, 16 random bytes.
    public var id: [UInt8]
    /// The name of the key that signed the token.
    public var keyID: String
    /// The principal that the token stands for.
    public var principal: PrincipalID
    /// A label for people.
    public var name: String
    /// The scopes; `nil` for those of the principal.
    public var scopes: [String]?
    /// The tenants. Those that the principal does not have do not count.
    public var tenants: TenantScope
    /// The time from which on the token is valid.
    public var notBefore: Timestamp
    /// The time at which the token expires; `nil` if it does not.
    public var expires: Timestamp?
    /// The time at which the token was revoked; `nil` if it was not.
    public var revokedAt: Timestamp?
    /// 8 bytes that tell a token of another key from a forged one.
    public var check: [UInt8]
    /// The time at which the token was created.
    public var createdAt: Timestamp
    /// The principal that created the token; `nil` if the daemon did.
    public var createdBy: PrincipalID?
    /// The time of the last use that a daemon reported; `nil` before the first.
    public var lastUsedAt: Timestamp?

    /// Creates a token's row, by default of a token that is valid from its creation on and does not expire.
    public init(
        id: [UInt8], keyID: String, principal: PrincipalID, name: String, scopes: [String]? = nil,
        tenants: TenantScope = .all, notBefore: Timestamp? = nil, expires: Timestamp? = nil, check: [UInt8],
        createdAt: Timestamp, createdBy: PrincipalID? = nil
    ) {
        self.id = id
        self.keyID = keyID
        self.principal = principal
        self.name = name
        self.scopes = scopes
        self.tenants = tenants
        self.notBefore = notBefore ?? createdAt
        self.expires = expires
        self.check = check
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// A session of the dashboard, which was opened with a token.
public struct SessionRecord: Sendable, Hashable {
    /// The number of bytes of ``digest``.
    public static let digestBytes = 32

    /// The SHA-256 of the session's cookie, 32 bytes.
    public var digest: [UInt8]
    /// The id of the token that opened the session.
    public var token: [UInt8]
    /// The time at which the session was opened.
    public var createdAt: Timestamp
    /// The time of the last use that a daemon reported.
    public var lastUsedAt: Timestamp
    /// The time at which the session ends, used or not.
    public var expires: Timestamp

    /// Creates a session that was just opened.
    public init(digest: [UInt8], token: [UInt8], createdAt: Timestamp, expires: Timestamp) {
        self.digest = digest
        self.token = token
        self.createdAt = createdAt
        lastUsedAt = createdAt
        self.expires = expires
    }
}

/// The public key of client certificates that are not accepted any more.
public struct DeniedKey: Sendable, Hashable {
    /// The number of bytes of ``digest``.
    public static let digestBytes = 32

    /// The SHA-256 of the certificate's SubjectPublicKeyInfo, 32 bytes.
    public var digest: [UInt8]
    /// The time of the denial.
    public var at: Timestamp
    /// The principal that denied the key; `nil` if the daemon did.
    public var by: PrincipalID?

    /// Creates a denial.
    public init(digest: [UInt8], at: Timestamp, by: PrincipalID? = nil) {
        self.digest = digest
        self.at = at
        self.by = by
    }
}
