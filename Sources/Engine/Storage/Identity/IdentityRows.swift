public import AuraModel
import Encoding
import JSON

/// The rows that the transaction of an ``IdentityChange`` reads and writes. Each database implements this protocol. Its
/// extension makes the decisions about the rows, once for all databases.
///
/// All calls on one value belong to one transaction. A function that returns a record throws `corrupt` if the row cannot
/// be read.
public protocol IdentityRows {
    /// Returns the counter of changes. Until the end of the transaction, no other transaction can make a change.
    mutating func lockChanges() throws -> Int64
    /// Writes the counter of changes.
    mutating func setChanges(_ changes: Int64) throws

    /// Returns the tenant, or `nil` if there is none.
    mutating func tenant(_ id: TenantID) throws -> TenantRecord?
    /// Returns the number of tenants.
    mutating func countTenants() throws -> Int
    /// Returns the tenants of instances that have no row.
    mutating func tenantsWithoutRow() throws -> [TenantID]
    /// Inserts or replaces a tenant.
    mutating func put(_ tenant: TenantRecord) throws

    /// Returns the principal, or `nil` if there is none.
    mutating func principal(_ id: PrincipalID) throws -> PrincipalRecord?
    /// Returns the id of the principal with this name, or `nil` if there is none.
    mutating func principal(named name: String) throws -> PrincipalID?
    /// Returns the number of principals.
    mutating func countPrincipals() throws -> Int
    /// Inserts or replaces a principal. Its name is free.
    mutating func put(_ principal: PrincipalRecord) throws

    /// Returns the token, or `nil` if there is none.
    mutating func token(_ id: [UInt8]) throws -> TokenRecord?
    /// Returns the number of tokens that are not revoked and do not expire up to `now`.
    mutating func countTokens(at now: Timestamp) throws -> Int
    /// Returns the tokens that are not revoked and do not expire up to `now`, without those that cannot be read.
    mutating func validTokens(at now: Timestamp) throws -> [TokenRecord]
    /// Inserts a token, whose id is new.
    mutating func insert(_ token: TokenRecord) throws
    /// Sets the time of the token's revocation.
    mutating func revoke(_ token: [UInt8], at now: Timestamp) throws
    /// Sets the time of the token's last use, if it is later than the stored one.
    mutating func setLastUse(ofToken id: [UInt8], to moment: Timestamp) throws

    /// Returns the session, or `nil` if there is none.
    mutating func session(_ digest: [UInt8]) throws -> SessionRecord?
    /// Returns the number of sessions that do not end up to `now`.
    mutating func countSessions(at now: Timestamp) throws -> Int
    /// Returns the number of sessions of a token that do not end up to `now` and were used after `moment`.
    mutating func countSessions(ofToken id: [UInt8], at now: Timestamp, usedAfter moment: Timestamp) throws -> Int
    /// Inserts a session, whose digest is new.
    mutating func insert(_ session: SessionRecord) throws
    /// Sets the time of the session's last use, if it is later than the stored one. Returns false if nothing changed.
    mutating func setLastUse(ofSession digest: [UInt8], to moment: Timestamp) throws -> Bool
    /// Deletes the session. Returns false if there is none.
    mutating func deleteSession(_ digest: [UInt8]) throws -> Bool
    /// Deletes the sessions of a token.
    mutating func deleteSessions(ofToken id: [UInt8]) throws
    /// Deletes sessions that ended before `moment`, and tokens that were revoked or expired before it with their
    /// sessions. Returns the number of deleted rows.
    mutating func prune(before moment: Timestamp) throws -> Int

    /// Inserts a denied key. Returns false if the key is denied already.
    mutating func insert(_ key: DeniedKey) throws -> Bool
}

// MARK: - Decisions

extension IdentityRows {
    /// Makes a change. Returns the counter after it. Throws `StorageError`, and only before the first change of a row.
    ///
    /// Completes `audit` with the object and the outcome, for the store to append.
    public mutating func write(_ change: IdentityChange, audit: inout AuditDraft?) throws -> Int64 {
        let present = try lockChanges()
        let isEffective = try apply(change)
        let object = change.object
        if let name = object.name { audit?.object = name }
        if let tenant = object.tenant { audit?.tenant = tenant }
        audit?.outcome = isEffective ? AuditDraft.Outcome.accepted : AuditDraft.Outcome.unchanged
        guard isEffective else { return present }
        try setChanges(present + 1)
        return present + 1
    }

    /// Returns false if the change had no effect that counts.
    private mutating func apply(_ change: IdentityChange) throws -> Bool {
        switch change {
        case .createTenant(let tenant): try create(tenant)
        case .setTenant(let id, let isEnabled, let quota): try setTenant(id, isEnabled, quota)
        case .adoptTenants(let now): try adoptTenants(at: now)
        case .createPrincipal(let principal): try create(principal)
        case .setPrincipal(let id, let change): try setPrincipal(id, change)
        case .createToken(let token, let quota): try create(token, defaultQuota: quota)
        case .revokeToken(let id, let now): try revokeToken(id, at: now)
        case .tokensUsed(let uses): try noteUses(uses)
        case .openSession(let session): try open(session)
        case .sessionsUsed(let uses): try noteUses(ofSessions: uses)
        case .closeSession(let digest): try deleteSession(digest)
        case .denyKey(let key): try insert(key)
        case .prune(let moment): try prune(before: moment) > 0
        }
    }

    private mutating func create(_ tenant: TenantRecord) throws -> Bool {
        if let known = try self.tenant(tenant.id) {
            if known == tenant { return false }
            throw StorageError(.nameTaken, "a tenant named \(tenant.id) exists: choose another name")
        }
        guard tenant.id != Tenant.installation else {
            throw StorageError(.nameTaken, "cannot create a tenant named \(tenant.id): choose another name")
        }
        try check(try countTenants(), below: IdentityLimits.tenants, "tenants", remedy: "use one that exists")
        try put(tenant)
        return true
    }

    private mutating func setTenant(_ id: TenantID, _ isEnabled: Bool?, _ quota: TenantQuota?) throws -> Bool {
        let known = try existingTenant(id)
        var wanted = known
        wanted.isEnabled = isEnabled ?? known.isEnabled
        if let quota {
            wanted.quota = quota
            for (name, value) in known.quota.otherMembers where quota.otherMembers[name] == nil {
                wanted.quota.otherMembers[name] = value
            }
        }
        guard wanted != known else { return false }
        try put(wanted)
        return true
    }

    private mutating func adoptTenants(at now: Timestamp) throws -> Bool {
        let missing = try tenantsWithoutRow()
        for tenant in missing { try put(TenantRecord(id: tenant, createdAt: now)) }
        return !missing.isEmpty
    }

    private mutating func create(_ principal: PrincipalRecord) throws -> Bool {
        if let known = try self.principal(principal.id) {
            if known == principal { return false }
            throw StorageError(.nameTaken, "a principal with the id \(principal.id) exists: choose another id")
        }
        try checkName(of: principal)
        try checkTenants(principal.tenants)
        try check(
            try countPrincipals(), below: IdentityLimits.principals, "principals", remedy: "use one that exists")
        try put(principal)
        return true
    }

    private mutating func setPrincipal(_ id: PrincipalID, _ change: PrincipalChange) throws -> Bool {
        let known = try existingPrincipal(id)
        var wanted = known
        wanted.name = change.name ?? known.name
        wanted.scopes = change.scopes ?? known.scopes
        wanted.tenants = change.tenants ?? known.tenants
        wanted.isEnabled = change.isEnabled ?? known.isEnabled
        guard wanted != known else { return false }
        if wanted.name != known.name { try checkName(of: wanted) }
        if wanted.tenants != known.tenants { try checkTenants(wanted.tenants) }
        try put(wanted)
        return true
    }

    private mutating func create(_ token: TokenRecord, defaultQuota: Int?) throws -> Bool {
        if var known = try self.token(token.id) {
            known.lastUsedAt = token.lastUsedAt
            known.revokedAt = token.revokedAt
            if known == token { return false }
            throw StorageError(.conflict, "a token with this id exists: make one with another id")
        }
        let principal = try existingPrincipal(token.principal)
        try checkTenants(token.tenants)
        try check(
            try countTokens(at: token.createdAt), below: IdentityLimits.tokens, "valid tokens",
            remedy: "revoke those that are not needed")
        try checkQuota(of: token, principal, defaultQuota)
        try insert(token)
        return true
    }

    private mutating func revokeToken(_ id: [UInt8], at now: Timestamp) throws -> Bool {
        guard let token = try token(id) else {
            throw StorageError(.tokenNotFound, "no token has the id \(hexadecimal(id))")
        }
        guard token.revokedAt == nil else { return false }
        try revoke(id, at: now)
        try deleteSessions(ofToken: id)
        return true
    }

    private mutating func noteUses(_ uses: [[UInt8]: Timestamp]) throws -> Bool {
        for (id, moment) in uses { try setLastUse(ofToken: id, to: moment) }
        return false
    }

    private mutating func noteUses(ofSessions uses: [[UInt8]: Timestamp]) throws -> Bool {
        var isEffective = false
        for (digest, moment) in uses where try setLastUse(ofSession: digest, to: moment) { isEffective = true }
        return isEffective
    }

    private mutating func open(_ session: SessionRecord) throws -> Bool {
        if var known = try self.session(session.digest) {
            known.lastUsedAt = session.lastUsedAt
            if known == session { return false }
            throw StorageError(.conflict, "a session with this digest exists: open one with another cookie")
        }
        let now = session.createdAt
        guard let token = try token(session.token), token.revokedAt == nil, token.expires.map({ now < $0 }) ?? true
        else {
            throw StorageError(.tokenNotFound, "no valid token has the id \(hexadecimal(session.token))")
        }
        let idle = now + (.zero - IdentityLimits.sessionIdleTime)
        let most = IdentityLimits.sessionsOfToken
        guard try countSessions(ofToken: session.token, at: now, usedAfter: idle) < most else {
            throw StorageError(
                .quotaExceeded,
                "the token has the \(most) open sessions that it may have: close some, or wait until they end",
                limit: most)
        }
        try check(
            try countSessions(at: now), below: IdentityLimits.sessions, "open sessions",
            remedy: "close some, or wait until they end")
        try insert(session)
        return true
    }
}

// MARK: - Checks

extension IdentityRows {
    private mutating func existingTenant(_ id: TenantID) throws -> TenantRecord {
        guard let tenant = try tenant(id) else { throw StorageError.noTenant(id) }
        return tenant
    }

    private mutating func existingPrincipal(_ id: PrincipalID) throws -> PrincipalRecord {
        guard let principal = try principal(id) else {
            throw StorageError(.principalNotFound, "no principal has the id \(id)")
        }
        return principal
    }

    private mutating func checkName(of principal: PrincipalRecord) throws {
        guard let other = try self.principal(named: principal.name), other != principal.id else { return }
        throw StorageError(.nameTaken, "a principal named \(principal.name) exists: choose another name")
    }

    private mutating func checkTenants(_ scope: TenantScope) throws {
        guard case .only(let tenants) = scope else { return }
        for tenant in tenants.sorted(by: { $0.text < $1.text }) { _ = try existingTenant(tenant) }
    }

    /// Throws `quotaExceeded` if a tenant of the token has as many valid tokens as it may have. A token of all tenants
    /// counts towards no tenant, but towards its principal.
    private mutating func checkQuota(
        of token: TokenRecord, _ principal: PrincipalRecord, _ defaultQuota: Int?
    ) throws {
        guard case .only(let tenants) = principal.tenants.intersection(token.tenants) else {
            guard let quota = defaultQuota else { return }
            let valid = try validTokens(at: token.createdAt)
            let count = valid.count { $0.principal == principal.id && $0.tenants == .all }
            return try check(count, quota, whose: "the principal \(principal.name)")
        }
        var quotas: [(tenant: TenantID, quota: Int)] = []
        for id in tenants.sorted(by: { $0.text < $1.text }) {
            guard let quota = try existingTenant(id).quota.tokens ?? defaultQuota else { continue }
            quotas.append((id, quota))
        }
        guard !quotas.isEmpty else { return }
        var scopes: [PrincipalID: TenantScope] = [:]
        var counts: [TenantID: Int] = [:]
        for valid in try validTokens(at: token.createdAt) {
            let scope = try scopes[valid.principal] ?? self.principal(valid.principal)?.tenants ?? .only([])
            scopes[valid.principal] = scope
            guard case .only(let own) = scope.intersection(valid.tenants) else { continue }
            for tenant in own { counts[tenant, default: 0] += 1 }
        }
        for (tenant, quota) in quotas { try check(counts[tenant] ?? 0, quota, whose: "the tenant \(tenant)") }
    }

    private func check(_ count: Int, _ quota: Int, whose: String) throws {
        guard count >= quota else { return }
        throw StorageError(
            .quotaExceeded,
            "\(whose) has the \(quota) valid tokens that it may have: revoke one, or have the quota raised",
            limit: quota)
    }

    private func check(_ count: Int, below limit: Int, _ rows: String, remedy: String) throws {
        guard count >= limit else { return }
        throw StorageError(
            .quotaExceeded, "there are the \(limit) \(rows) that there may be: \(remedy)", limit: limit)
    }
}

extension IdentityChange {
    /// The kind and the id of the changed object for the audit, and the tenant that it belongs to alone.
    fileprivate var object: (name: String?, tenant: TenantID?) {
        switch self {
        case .createTenant(let tenant): ("tenant \(tenant.id)", tenant.id)
        case .setTenant(let id, _, _): ("tenant \(id)", id)
        case .createPrincipal(let principal): ("principal \(principal.id)", nil)
        case .setPrincipal(let id, _): ("principal \(id)", nil)
        case .createToken(let token, _): ("token \(Base64.encodeURL(token.id))", nil)
        case .revokeToken(let id, _): ("token \(Base64.encodeURL(id))", nil)
        case .openSession(let session): ("session of token \(Base64.encodeURL(session.token))", nil)
        case .closeSession(let digest): ("session \(hexadecimal(digest.prefix(8)))", nil)
        case .denyKey(let key): ("key \(hexadecimal(key.digest))", nil)
        case .tokensUsed, .sessionsUsed, .prune, .adoptTenants: (nil, nil)
        }
    }
}

extension StorageError {
    /// The error for a tenant that does not exist.
    package static func noTenant(_ id: TenantID) -> StorageError {
        StorageError(.tenantNotFound, "no tenant is named \(id): create it first, or check the name")
    }
}
