import AuraAPI
public import AuraModel
import Encoding
import JSON
public import JSONRPC
import Locking
public import Logging
public import ServiceLifecycle
public import Storage
import Tokens

/// Decides who calls, from the rows of the identities, which it holds in memory.
///
/// A service reads the counter of changes each second, and the rows when it has changed. Then it looks again at each
/// connection that has shown a token: the connection gets its new rights, or ends. So a revocation takes effect within a
/// second on every daemon.
public final class IdentityRegistry: Authenticator, Service {
    /// A proof that can end while its connection is open.
    enum Credential {
        /// A token, with the counters of its rates.
        case token(Token, [CallRate])
        case certificate(ClientCertificate)
        /// The session of a browser, by the digest of its cookie.
        case session([UInt8], SessionUse)
    }

    /// A connection that has shown a token or a certificate.
    struct Shown {
        weak var session: Session?
        var credential: Credential
        /// The number of the proof on its connection.
        var proof: Int
        /// The time at which the credential ends; `nil` if it does not.
        var end: Timestamp?
    }

    struct State {
        var table: IdentityTable
        /// The number of reads of the rows that have begun.
        var reads = 0
        /// The number of the read that ``table`` is from.
        var tableRead = 0
        var shown: [ObjectIdentifier: Shown] = [:]
        /// The counters of restrictions `rate`, by the id of the token.
        var rates: [[UInt8]: TokenRates] = [:]
        /// The counters of the calls of tenants whose callers were seen.
        var tenantRates: [TenantID: TenantRate] = [:]
        /// The last uses of sessions, by the digest of the cookie.
        var sessions: [[UInt8]: SessionUse] = [:]
        /// The times of uses that are not stored yet, by token.
        var used: [[UInt8]: Timestamp] = [:]
        /// The tokens to revoke that were shown in wrong places.
        var misplaced: [MisplacedToken] = []
    }

    let store: any IdentityStore
    /// The keys that sign tokens.
    let keys: TokenKeys
    private let tokens: VerifiedTokens
    private let unix: UnixAccess
    private let installation: String
    /// The limits of tenants without limits of their own.
    let defaults: TenantDefaults
    let time: any TimeSource
    let logger: Logger
    private let failures = FailureCounts()
    let onFailure: @Sendable (Peer) -> Void
    let state: Locked<State>

    /// The methods with which a client shows a token, and finds out whether a daemon is there.
    public let methodsBeforeProof: Set<String> = [Methods.sessionAuthenticate.name, Methods.systemPing.name]
    /// The interval between two reads of the counter.
    private static let interval = Duration.seconds(1)
    /// The number of reads of the counter after which the uses of tokens are stored.
    private static let readsPerFlush = 30
    /// The number of reads of the counter after which ended rows are pruned.
    private static let readsPerPrune = 3600
    /// The time for which ended sessions, and tokens that were revoked or have expired, stay in the database.
    static let keptAfterEnd = Duration.seconds(30 * 86_400)

    /// Reads the rows and creates the registry. Throws if they cannot be read: a daemon that cannot tell who calls must
    /// not serve. `onFailure` is called for each token that is refused; it must not block.
    public init(
        store: any IdentityStore, keys: TokenKeys, unix: UnixAccess, installation: String,
        defaults: TenantDefaults = TenantDefaults(), time: any TimeSource,
        logger: Logger, onFailure: @escaping @Sendable (Peer) -> Void = { _ in }
    ) async throws(StorageError) {
        self.store = store
        self.keys = keys
        tokens = VerifiedTokens(keys)
        self.unix = unix
        self.installation = installation
        self.defaults = defaults
        self.time = time
        self.logger = logger
        self.onFailure = onFailure
        state = Locked(State(table: IdentityTable(try await store.identities())))
    }

    /// The present rows.
    var table: IdentityTable { state.withLock { $0.table } }

    // MARK: - Who calls

    /// Returns the principal of a connection that has shown no token. Clients of TCP and HTTP are anonymous, on the
    /// loopback interface too, since every local user can connect there.
    public func principal(of peer: Peer) -> Principal {
        switch peer {
        case .unix(let process): principal(of: process)
        case .tcp: .anonymous
        case .tls(_, _, let certificate): principal(of: certificate)
        case .memory: Principal(id: "internal", proof: .internal, rights: .all)
        }
    }

    private func principal(of process: UnixPeer) -> Principal {
        var rights = unix.rights(of: process)
        if rights.tenants != .all {
            rights = Rights(
                scopes: rights.scopes, tenants: rights.tenants, instances: rights.instances,
                rules: rights.rules + rules(of: rights.tenants))
        }
        return Principal(id: "uid:\(process.uid)", proof: .peer, rights: rights)
    }

    /// Returns the rule for the rates of a caller with these tenants. A caller of all tenants has no rate: no tenant
    /// could pay for its calls.
    private func rules(of tenants: TenantScope) -> [any CallRule] {
        guard case .only(let ids) = tenants, !ids.isEmpty else { return [] }
        let now = time.now()
        let rates = state.withLock { state in
            ids.sorted { $0.text < $1.text }.map { id in
                if let known = state.tenantRates[id] { return known }
                let new = TenantRate(id, state.table.tenants[id]?.quota, defaults, now: now)
                state.tenantRates[id] = new
                return new
            }
        }
        return [TenantRateRule(rates: rates, time: time)]
    }

    /// Throws `tenantNotFound` for a tenant without a row. Another daemon may have created it within the last second.
    public func check(tenant: TenantID, for caller: Principal) async throws(RPCError) {
        guard caller.rights.tenants.contains(tenant), table.tenants[tenant] == nil else { return }
        await refresh()
        guard table.tenants[tenant] == nil else { return }
        throw RPCError(.tenantNotFound, StorageError.noTenant(tenant).message)
    }

    /// Returns the principal of a client certificate. A client without one, or with one that is not valid any more, is
    /// anonymous and may show a token.
    private func principal(of certificate: ClientCertificate?) -> Principal {
        guard let certificate else { return .anonymous }
        do {
            let grant = try table.grant(certificate, installation: installation, at: time.now())
            return principal(of: grant, .certificate, token: nil, rules: [])
        } catch {
            logger.notice("a certificate gives no rights", metadata: ["uri": "\(certificate.uri)", "why": "\(error)"])
            return .anonymous
        }
    }

    /// Follows a connection with a certificate until it closes.
    public func didOpen(_ session: Session) {
        guard case .tls(_, _, let certificate?) = session.peer, session.principal.proof == .certificate else { return }
        let proof: Int
        do {
            proof = try session.identify(as: session.principal)
        } catch {
            return session.end(error)
        }
        follow(session, .certificate(certificate), proof, end: Timestamp(milliseconds: certificate.notAfter * 1000))
        // The key may have been denied before the connection was followed.
        if table.isDenied(key: certificate.keyDigest) { lookAgain() }
    }

    /// Checks a token and gives the connection its principal. Throws `unauthenticated`.
    public func authenticate(_ session: Session, token text: String) throws(RPCError) {
        let now = time.now()
        guard let token = tokens.token(text) else { throw refuse(session, at: now) }
        guard !isDenied(session.peer, self.table) else {
            onFailure(session.peer)
            throw RPCError(
                .unauthenticated, "cannot use a token on this connection, \(IdentityTable.Refusal.certificate.reason)")
        }
        let (grant, table): (IdentityTable.Grant, IdentityTable)
        do {
            table = self.table
            grant = try table.grant(token, to: session.peer, at: now)
        } catch {
            onFailure(session.peer)
            // Another daemon may have created the token within the last second.
            throw RPCError(
                .unauthenticated, "cannot use the token, \(error.reason)", retryable: error == .unknown)
        }
        let rates = try rates(of: token, at: now)
        let rules = TokenRules(token, end: grant.end, rates: rates, time: time)
        let proof = try session.identify(as: principal(of: grant, .token, token: token.id, rules: [rules]))
        state.withLock { $0.used[token.id] = now }
        follow(session, .token(token, rates), proof, end: rules.end)
        // The rows may have been read anew before the connection was followed.
        if self.table.changes != table.changes { lookAgain() }
    }

    /// Counts a wrong token. All wrong tokens get the same text.
    private func refuse(_ session: Session, at now: Timestamp) -> RPCError {
        onFailure(session.peer)
        let penalty = failures.fail(session.peer, at: now)
        if penalty.recent <= FailureCounts.freePerMinute {
            logger.notice("a wrong token was shown", metadata: ["peer": "\(session.peer)"])
        }
        var error = RPCError(
            .unauthenticated,
            "cannot use the token, it is not valid here: it must be the text that aura token create showed"
        )
        guard let wait = penalty.wait else { return error }
        error.data["retryAfterMs"] = .integer(wait.wholeMilliseconds)
        session.close()
        return error
    }

    /// Returns the counters of the token's rates. Throws `tooManyCalls` if too many variants of the token are in use.
    private func rates(of token: Token, at now: Timestamp) throws(RPCError) -> [CallRate] {
        guard !token.values(of: .rate).isEmpty else { return [] }
        let rates = state.withLock { $0.rates[token.id, default: TokenRates()].counters(of: token, at: now) }
        guard let rates else {
            throw .limit(
                .tooManyCalls,
                "cannot use the token, \(TokenRates.limit) variants of it with a rate are in use: use one of those",
                limit: TokenRates.limit, actual: TokenRates.limit + 1, retryAfterMs: 60_000)
        }
        return rates
    }

    /// Returns the principal of a proof. `token` is the id of its token; `nil` for a certificate.
    func principal(
        of grant: IdentityTable.Grant, _ proof: Principal.Proof, token: [UInt8]?, rules: [any CallRule]
    ) -> Principal {
        Principal(
            id: grant.principal.text, proof: proof, token: token.map { Base64.encodeURL($0) },
            rights: Rights(
                scopes: .only(grant.scopes), tenants: grant.tenants, instances: grant.instances,
                rules: rules + self.rules(of: grant.tenants)))
    }

    // MARK: - Connections with tokens

    /// `proof` is the number of the credential on its connection (`Session.identify(as:)`).
    func follow(_ session: Session, _ credential: Credential, _ proof: Int, end: Timestamp?) {
        let key = ObjectIdentifier(session)
        let shown = Shown(session: session, credential: credential, proof: proof, end: end)
        let isNew = state.withLock { $0.shown.updateValue(shown, forKey: key) == nil }
        if isNew {
            session.onClose { [weak self] in self?.state.withLock { $0.shown[key] = nil } }
        }
    }

    /// Returns the present principal of a credential.
    private func principal(
        of credential: Credential, _ table: IdentityTable, _ peer: Peer, at now: Timestamp
    ) throws(IdentityTable.Refusal) -> Principal {
        switch credential {
        case .token(let token, let rates):
            let grant = try table.grant(token, to: peer, at: now)
            let rules = TokenRules(token, end: grant.end, rates: rates, time: time)
            return principal(of: grant, .token, token: token.id, rules: [rules])
        case .certificate(let certificate):
            let grant = try table.grant(certificate, installation: installation, at: now)
            return principal(of: grant, .certificate, token: nil, rules: [])
        case .session(let digest, let use):
            return try principal(ofSession: digest, use, table, at: now)
        }
    }

    /// Gives each connection with a token or a certificate its present rights, or ends it.
    func lookAgain() {
        let now = time.now()
        while true {
            let (table, read, shown) = state.withLock { ($0.table, $0.tableRead, Array($0.shown.values)) }
            for each in shown { lookAgain(each, table, at: now) }
            // If newer rows were read meanwhile, their rights may have been replaced by the former ones.
            if state.withLock({ $0.tableRead }) == read { return }
        }
    }

    /// Does nothing if the client has shown another credential since, or the connection was ended.
    private func lookAgain(_ shown: Shown, _ table: IdentityTable, at now: Timestamp) {
        guard let session = shown.session else { return }
        do throws(IdentityTable.Refusal) {
            // A connection with a certificate may have shown a token since.
            guard !isDenied(session.peer, table) else { throw IdentityTable.Refusal.certificate }
            let (new, former) = (try principal(of: shown.credential, table, session.peer, at: now), session.principal)
            let isReduced = !new.rights.include(former.rights)
            guard session.setPrincipal(new, ofProof: shown.proof), isReduced, session.subscriptions > 0 else { return }
            session.end(
                RPCError(.tokenRevoked, "the rights of the caller were reduced: connect again", retryable: true))
        } catch {
            guard isDenied(session.peer, table) || session.isCurrent(proof: shown.proof) else { return }
            session.end(RPCError(.tokenRevoked, "the connection ends, \(error.reason)"))
        }
    }

    /// Returns true if the client has shown a certificate with a denied key.
    func isDenied(_ peer: Peer, _ table: IdentityTable) -> Bool {
        guard case .tls(_, _, let certificate?) = peer else { return false }
        return table.isDenied(key: certificate.keyDigest)
    }

    // MARK: - The service

    /// Follows the changes of the rows until the daemon shuts down.
    public func run() async throws {
        try? await cancelWhenGracefulShutdown { [self] in
            var reads = 0
            while true {
                try await time.sleep(for: Self.interval)
                reads += 1
                await revokeMisplaced()
                await refresh()
                endExpired()
                if reads % Self.readsPerFlush == 0 {
                    await flush()
                    await storeSessionUses()
                }
                if reads % Self.readsPerPrune == 0 { await prune() }
            }
        }
        await revokeMisplaced()
        await flush()
    }

    /// Deletes sessions and tokens that ended long ago. An error is logged; the next hour tries again.
    func prune() async {
        do {
            _ = try await store.write(.prune(before: time.now() + (.zero - Self.keptAfterEnd)))
        } catch {
            logger.warning("cannot prune sessions and tokens", metadata: ["error": "\(error)"])
        }
    }

    /// Reads the rows if the counter has changed. An error is logged: the present rows stay in force.
    func refresh() async {
        do {
            let known = table.changes
            guard try await store.identityChanges() != known else { return }
            let read = state.withLock { state in
                state.reads += 1
                return state.reads
            }
            let (new, now) = (IdentityTable(try await store.identities()), time.now())
            state.withLock { state in
                // A read that began later has ended before this one: its rows are newer. The counters cannot tell,
                // because a database that was restored has a lower one.
                guard read > state.tableRead else { return }
                (state.table, state.tableRead) = (new, read)
                state.rates = state.rates.filter { new.token($0.key) != nil }
                state.sessions = state.sessions.filter { new.session($0.key) != nil }
                // Another daemon may have seen a later use.
                for (digest, use) in state.sessions { new.session(digest).map { use.note($0.lastUsedAt) } }
                for (id, rate) in state.tenantRates { rate.set(new.tenants[id]?.quota, defaults, at: now) }
            }
            lookAgain()
        } catch {
            logger.warning("cannot read the tokens and principals", metadata: ["error": "\(error)"])
        }
    }

    private func endExpired() {
        let now = time.now()
        let ended = state.withLock { state in
            state.shown.values.filter { shown in
                if case .session(_, let use) = shown.credential, use.isIdle(at: now) { return true }
                return shown.end.map { $0 <= now } ?? false
            }
        }
        for each in ended {
            each.session?.end(
                RPCError(
                    .tokenRevoked, "the connection ends, the token, certificate or session has expired: get a new one"))
        }
    }

    /// Stores the times of uses.
    private func flush() async {
        let used = state.withLock { state in
            defer { state.used = [:] }
            return state.used
        }
        guard !used.isEmpty else { return }
        do {
            _ = try await store.write(.tokensUsed(used))
        } catch {
            logger.info("cannot store when tokens were used", metadata: ["error": "\(error)"])
        }
    }
}

extension Principal {
    /// A caller that has shown nothing.
    fileprivate static let anonymous = Principal(id: "anonymous", proof: .anonymous, rights: .none)
}

extension IdentityTable.Refusal {
    /// The reason and the remedy.
    var reason: String {
        switch self {
        case .unknown: "the daemon does not know it: try again in a second, or get a new token"
        case .revoked: "the token was revoked: get a new one"
        case .notYetValid: "the token is not valid yet"
        case .expired: "the token has expired: get a new one"
        case .principalDisabled: "the principal of the token is disabled: ask an administrator"
        case .tenantDisabled: "the tenants of the token are disabled or do not exist: ask an administrator"
        case .certificate: "the certificate is not valid here any more: get a new one"
        case .sessionEnded: "the session has ended: sign in again"
        case .peer: "a restriction of the token does not allow this address or user"
        }
    }
}

extension Rights {
    /// Returns true if these rights have every scope, tenant and instance of the others. The rules are not compared.
    fileprivate func include(_ others: Rights) -> Bool {
        tenants.intersection(others.tenants) == others.tenants && scopes.include(others.scopes)
            && (instances.map { own in others.instances.map { $0.isSubset(of: own) } ?? false } ?? true)
    }
}

extension Rights.Scopes {
    fileprivate func include(_ others: Rights.Scopes) -> Bool {
        switch (self, others) {
        case (.all, _): true
        case (.only, .all): false
        case (.only(let own), .only(let others)): others.isSubset(of: own)
        }
    }
}
