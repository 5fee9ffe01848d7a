public import AuraModel
public import Storage

/// Tenants, principals, tokens, sessions and denied keys.
extension ModelStore {
    public func identities() async throws(StorageError) -> Identities {
        read { $0.identities.all }
    }

    public func identityChanges() async throws(StorageError) -> Int64 {
        read { $0.identities.counter }
    }

    public func write(_ change: IdentityChange, audit: AuditDraft?) async throws(StorageError) -> Int64 {
        try write { rows throws(StorageError) in
            var draft = audit
            rows.identities.instanceTenants = Set(rows.instances.values.map(\.instance.tenant))
            let changes = try converted { try rows.identities.write(change, audit: &draft) }
            if let draft { rows.audit.append([draft]) }
            return changes
        }
    }

    /// Runs `body` and converts an error that no row operation of the model throws.
    func converted<Value>(_ body: () throws -> Value) throws(StorageError) -> Value {
        do {
            return try body()
        } catch {
            throw error as? StorageError ?? StorageError(.corrupt, "the change failed: \(error)")
        }
    }
}

/// The rows of identities, in memory. The tenant `default` exists from the beginning.
struct ModelIdentities: IdentityRows, Sendable {
    var counter: Int64 = 0
    var tenants = [Tenant.default: TenantRecord(id: Tenant.default, createdAt: Timestamp(milliseconds: 0))]
    /// The tenants of the instances, for the present change.
    var instanceTenants: Set<TenantID> = []
    var principals: [PrincipalID: PrincipalRecord] = [:]
    var tokens: [[UInt8]: TokenRecord] = [:]
    var sessions: [[UInt8]: SessionRecord] = [:]
    var deniedKeys: [[UInt8]: DeniedKey] = [:]

    var all: Identities {
        func sorted<Row>(_ rows: [[UInt8]: Row]) -> [Row] {
            rows.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
        }
        return Identities(
            tenants: tenants.values.sorted { $0.id.text < $1.id.text },
            principals: principals.values.sorted { $0.id.text < $1.id.text }, tokens: sorted(tokens),
            sessions: sorted(sessions), deniedKeys: sorted(deniedKeys), changes: counter)
    }

    func lockChanges() -> Int64 { counter }
    mutating func setChanges(_ changes: Int64) { counter = changes }

    func tenant(_ id: TenantID) -> TenantRecord? { tenants[id] }
    func countTenants() -> Int { tenants.count }
    func tenantsWithoutRow() -> [TenantID] {
        instanceTenants.filter { tenants[$0] == nil }.sorted { $0.text < $1.text }
    }
    mutating func put(_ tenant: TenantRecord) { tenants[tenant.id] = tenant }

    func principal(_ id: PrincipalID) -> PrincipalRecord? { principals[id] }
    func principal(named name: String) -> PrincipalID? { principals.values.first { $0.name == name }?.id }
    func countPrincipals() -> Int { principals.count }
    mutating func put(_ principal: PrincipalRecord) { principals[principal.id] = principal }

    func token(_ id: [UInt8]) -> TokenRecord? { tokens[id] }
    func countTokens(at now: Timestamp) -> Int {
        tokens.values.count { $0.revokedAt == nil && $0.expires.map { $0 > now } ?? true }
    }
    func validTokens(at now: Timestamp) -> [TokenRecord] {
        tokens.values.filter { $0.revokedAt == nil && $0.expires.map { $0 > now } ?? true }
    }
    mutating func insert(_ token: TokenRecord) { tokens[token.id] = token }
    mutating func revoke(_ token: [UInt8], at now: Timestamp) { tokens[token]?.revokedAt = now }
    mutating func setLastUse(ofToken id: [UInt8], to moment: Timestamp) {
        guard let token = tokens[id] else { return }
        tokens[id]?.lastUsedAt = max(token.lastUsedAt ?? moment, moment)
    }

    func session(_ digest: [UInt8]) -> SessionRecord? { sessions[digest] }
    func countSessions(at now: Timestamp) -> Int { sessions.values.count { $0.expires > now } }
    func countSessions(ofToken id: [UInt8], at now: Timestamp, usedAfter moment: Timestamp) -> Int {
        sessions.values.count { $0.token == id && $0.expires > now && $0.lastUsedAt > moment }
    }
    mutating func insert(_ session: SessionRecord) { sessions[session.digest] = session }
    mutating func setLastUse(ofSession digest: [UInt8], to moment: Timestamp) -> Bool {
        guard let session = sessions[digest], session.lastUsedAt < moment else { return false }
        sessions[digest]?.lastUsedAt = moment
        return true
    }
    mutating func deleteSession(_ digest: [UInt8]) -> Bool { sessions.removeValue(forKey: digest) != nil }
    mutating func deleteSessions(ofToken id: [UInt8]) { sessions = sessions.filter { $0.value.token != id } }

    mutating func prune(before moment: Timestamp) -> Int {
        let before = tokens.count + sessions.count
        tokens = tokens.filter { entry in
            let ends = [entry.value.revokedAt, entry.value.expires].compactMap { $0 }
            return ends.allSatisfy { $0 >= moment }
        }
        sessions = sessions.filter { $0.value.expires >= moment && tokens[$0.value.token] != nil }
        return before - tokens.count - sessions.count
    }

    mutating func insert(_ key: DeniedKey) -> Bool {
        guard deniedKeys[key.digest] == nil else { return false }
        deniedKeys[key.digest] = key
        return true
    }
}
