import AuraModel
import EventStream
public import JSONRPC
import Locking
import Storage
import Tokens

/// Sessions of browsers. A session has the rights of the token that opened it, and ends with it.
extension IdentityRegistry: SessionKeeper {
    /// The longest life of a session, used or not.
    static let sessionLife = Duration.seconds(12 * 3600)
    /// The time after which a later use of a session is stored. Each stored use makes all daemons read the identities.
    /// So another daemon can end a session earlier than this one, by this time and the interval between two stores.
    private static let useInterval = Duration.seconds(300)

    /// The opening and the end of a session, for the rules of its token: changes.
    private static let opening = MethodProperties(name: "session.open", scopes: [], mutates: true)
    private static let closing = MethodProperties(name: "session.close", scopes: [], mutates: true)

    /// Opens a session. A token with restrictions is refused, because the row of a session has none.
    public func openSession(token text: String, on session: Session) async throws(RPCError) -> OpenedSession {
        try authenticate(session, token: text)
        guard let token = try? Token(text), token.restrictions.isEmpty else {
            throw RPCError(
                .forbidden, "cannot open a session with a token that has restrictions: use the token without them")
        }
        for rule in session.principal.rights.rules { try rule.check(Self.opening, session) }
        let (now, secret) = (time.now(), SessionSecret())
        let end = [now + Self.sessionLife, table.token(token.id)?.expires ?? now + Self.sessionLife].min() ?? now
        let record = SessionRecord(digest: secret.digest, token: token.id, createdAt: now, expires: end)
        try await write(.openSession(record), Self.opening, by: session.principal, from: session.peer)
        return OpenedSession(cookie: secret.text, lifeSeconds: Int((end - now).wholeMilliseconds / 1000))
    }

    /// Gives the connection the principal of a session, and counts as a use of it.
    public func authenticate(_ session: Session, cookie: String) throws(RPCError) {
        let (now, table) = (time.now(), table)
        guard !isDenied(session.peer, table) else {
            onFailure(session.peer)
            throw RPCError(
                .unauthenticated,
                "cannot use a session on this connection, \(IdentityTable.Refusal.certificate.reason)")
        }
        guard let digest = SessionSecret(cookie)?.digest, let record = table.session(digest) else {
            onFailure(session.peer)
            // Another daemon may have opened the session within the last second.
            throw RPCError(.unauthenticated, "cannot use the session, it has ended: sign in again", retryable: true)
        }
        let use = state.withLock { state in
            let use = state.sessions[digest] ?? SessionUse(record.lastUsedAt)
            state.sessions[digest] = use
            return use
        }
        let caller: Principal
        do throws(IdentityTable.Refusal) {
            caller = try principal(ofSession: digest, use, table, at: now)
        } catch {
            onFailure(session.peer)
            throw RPCError(.unauthenticated, "cannot use the session, \(error.reason)")
        }
        let proof = try session.identify(as: caller)
        use.note(now)
        follow(session, .session(digest, use), proof, end: record.expires)
        if self.table.changes != table.changes { lookAgain() }
    }

    /// Ends a session and its connections, on other daemons within a second. Counts as a change of the tenant.
    public func closeSession(cookie: String, on session: Session) async throws(RPCError) {
        let (now, table) = (time.now(), table)
        guard let digest = SessionSecret(cookie)?.digest, let record = table.session(digest) else { return }
        let grant = try? table.grant(session: digest, keys, at: now)
        let caller = grant.map { principal(of: $0, .session, token: record.token, rules: []) }
        for rule in caller?.rights.rules ?? [] { try rule.check(Self.closing, session) }
        try await write(.closeSession(digest), Self.closing, by: caller, from: session.peer)
    }

    /// Returns the present principal of a session.
    func principal(
        ofSession digest: [UInt8], _ use: SessionUse, _ table: IdentityTable, at now: Timestamp
    ) throws(IdentityTable.Refusal) -> Principal {
        guard !use.isIdle(at: now), let record = table.session(digest) else { throw .sessionEnded }
        let grant = try table.grant(session: digest, keys, at: now)
        let rule = SessionRule(use: use, end: grant.end ?? record.expires, time: time)
        return principal(of: grant, .session, token: record.token, rules: [rule])
    }

    /// Stores the last uses of sessions that were used again long after the stored use.
    func storeSessionUses() async {
        let (table, uses) = state.withLock { ($0.table, $0.sessions) }
        var late: [[UInt8]: Timestamp] = [:]
        for (digest, use) in uses {
            let last = use.last
            guard let record = table.session(digest), last - record.lastUsedAt >= Self.useInterval else { continue }
            late[digest] = last
        }
        guard !late.isEmpty else { return }
        // A failure is harmless: the next call tries again.
        _ = try? await store.write(.sessionsUsed(late))
    }

    /// Writes a change with its entry of the audit, and reads the rows anew.
    private func write(
        _ change: IdentityChange, _ action: MethodProperties, by caller: Principal?, from peer: Peer
    ) async throws(RPCError) {
        let draft = AuditDraft(
            at: time.now(), principal: PrincipalID(caller?.id ?? "anonymous"),
            proof: (caller?.proof ?? .anonymous).rawValue, token: caller?.token, peer: "\(peer)", method: action.name,
            salt: AuditDraft.salt(SystemRandom()))
        do {
            _ = try await store.write(change, audit: draft)
        } catch {
            throw APIError.from(error)
        }
        await refresh()
    }
}

/// The last use of a session on this daemon, or on another one that has stored it.
final class SessionUse: Sendable {
    private let state: Locked<Timestamp>

    init(_ last: Timestamp) {
        state = Locked(last)
    }

    var last: Timestamp { state.withLock { $0 } }

    func note(_ now: Timestamp) { state.withLock { $0 = max($0, now) } }

    func isIdle(at now: Timestamp) -> Bool { now - last >= IdentityLimits.sessionIdleTime }
}

/// Each call of a method with scopes is a use of the session, calls with constant replies included. A request over HTTP
/// and a WebSocket handshake with the cookie are uses too (``IdentityRegistry/authenticate(_:cookie:)``). Events that a
/// connection receives, and its calls of methods without scopes, are not.
struct SessionRule: CallRule {
    let use: SessionUse
    let end: Timestamp
    let time: any TimeSource

    func check(_ method: MethodProperties, _ session: Session) throws(RPCError) {
        let now = time.now()
        guard now < end, !use.isIdle(at: now) else {
            throw RPCError(.unauthenticated, "cannot call \(method.name), the session has ended: sign in again")
        }
        use.note(now)
    }
}
