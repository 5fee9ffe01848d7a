import AuraModel
import JSONRPC
import Storage
import TLS
import Tokens

/// The rows of the identities, arranged for look-ups. A value that cannot change.
struct IdentityTable: Sendable {
    /// The counter of changes with which the rows were read.
    let changes: Int64
    /// The principals, by id.
    let principals: [PrincipalID: PrincipalRecord]
    /// The tenants, by id.
    let tenants: [TenantID: TenantRecord]
    private let names: [String: PrincipalID]
    private let tokens: [[UInt8]: TokenRecord]
    private let sessions: [[UInt8]: SessionRecord]
    private let deniedKeys: Set<[UInt8]>

    init(_ identities: Identities) {
        changes = identities.changes
        principals = Dictionary(uniqueKeysWithValues: identities.principals.map { ($0.id, $0) })
        names = Dictionary(identities.principals.map { ($0.name, $0.id) }) { first, _ in first }
        tenants = Dictionary(uniqueKeysWithValues: identities.tenants.map { ($0.id, $0) })
        tokens = Dictionary(uniqueKeysWithValues: identities.tokens.map { ($0.id, $0) })
        sessions = Dictionary(uniqueKeysWithValues: identities.sessions.map { ($0.digest, $0) })
        deniedKeys = Set(identities.deniedKeys.map(\.digest))
    }

    /// The tokens.
    var allTokens: [TokenRecord] { Array(tokens.values) }

    /// Returns the principal with this id or else this name. Both are always looked up, so that the time does not show
    /// whether there is one.
    func principal(_ reference: String) -> PrincipalRecord? {
        let (identified, named) = (principals[PrincipalID(reference.lowercased())], names[reference])
        return identified ?? named.flatMap { principals[$0] }
    }

    /// Returns the row of a token.
    func token(_ id: [UInt8]) -> TokenRecord? { tokens[id] }

    /// Returns the row of a session.
    func session(_ digest: [UInt8]) -> SessionRecord? { sessions[digest] }

    /// Returns true if certificates with this key are not accepted.
    func isDenied(key digest: [UInt8]) -> Bool { deniedKeys.contains(digest) }

    /// The reason why a genuine token gives no rights.
    enum Refusal: Error, Hashable {
        /// The row does not exist. It was pruned, or the database was restored to an earlier state.
        case unknown
        case revoked
        case notYetValid
        case expired
        /// The principal is disabled, or its row cannot be read.
        case principalDisabled
        /// All tenants of the token are disabled or unknown.
        case tenantDisabled
        /// A restriction of the token does not allow the peer.
        case peer
        /// The certificate is of another installation, its key is denied, or its principal does not exist.
        case certificate
        /// The session has ended, or does not exist.
        case sessionEnded
    }

    /// What a genuine token or certificate may do.
    struct Grant: Sendable {
        var principal: PrincipalID
        var scopes: Set<String>
        var tenants: TenantScope
        /// `nil` for all instances of the tenants.
        var instances: Set<InstanceID>?
        /// The time at which the token or certificate ends; `nil` if it does not.
        var end: Timestamp?
    }

    /// Returns what a genuine token may do for a peer at this time. Restrictions on the peer are not checked if it is
    /// `nil`.
    func grant(_ token: Token, to peer: Peer?, at now: Timestamp) throws(Refusal) -> Grant {
        guard let row = tokens[token.id], row.keyID == token.keyID else { throw .unknown }
        return try grant(row, token, to: peer, at: now)
    }

    /// Returns what a session may do: the same as its token, which has no restrictions. `keys` must have the key of the
    /// token.
    func grant(session digest: [UInt8], _ keys: TokenKeys, at now: Timestamp) throws(Refusal) -> Grant {
        guard let session = sessions[digest], now < session.expires, let row = tokens[session.token],
            keys[row.keyID] != nil
        else {
            throw .sessionEnded
        }
        var grant = try grant(row, nil, to: nil, at: now)
        grant.end = grant.end.map { min($0, session.expires) } ?? session.expires
        return grant
    }

    /// `token` has the restrictions of a token that was shown.
    private func grant(
        _ row: TokenRecord, _ token: Token?, to peer: Peer?, at now: Timestamp
    ) throws(Refusal) -> Grant {
        guard row.revokedAt == nil else { throw .revoked }
        guard row.notBefore <= now else { throw .notYetValid }
        let end = ([row.expires].compactMap { $0 } + (token?.ends ?? [])).min()
        if let end, end <= now { throw .expired }
        guard let principal = principals[row.principal], principal.isEnabled else { throw .principalDisabled }
        if let peer, let token, !token.allows(peer) { throw .peer }
        var scopes = Set(principal.scopes)
        if let own = row.scopes { scopes.formIntersection(own) }
        if let allowed = token?.allowed(.scope) { scopes.formIntersection(allowed) }
        var tenants = principal.tenants.intersection(row.tenants)
        if let allowed = token?.allowed(.tenant) {
            tenants = tenants.intersection(.only(Set(allowed.map { TenantID($0) })))
        }
        tenants = enabled(tenants)
        if tenants == .only([]) { throw .tenantDisabled }
        return Grant(
            principal: principal.id, scopes: scopes, tenants: tenants,
            instances: token?.allowed(.instance).map { Set($0.map { InstanceID($0.lowercased()) }) }, end: end)
    }

    /// Returns what the holder of a certificate may do, whose chain the transport has checked.
    func grant(_ certificate: ClientCertificate, installation: String, at now: Timestamp) throws(Refusal) -> Grant {
        guard let name = CertificateName(certificate.uri), name.installation == installation,
            !isDenied(key: certificate.keyDigest)
        else { throw .certificate }
        let end = Timestamp(milliseconds: certificate.notAfter * 1000)
        guard end > now else { throw .expired }
        guard let principal = principal(name.principal) else { throw .certificate }
        guard principal.isEnabled else { throw .principalDisabled }
        let tenants = enabled(principal.tenants)
        if tenants == .only([]) { throw .tenantDisabled }
        return Grant(
            principal: principal.id, scopes: Set(principal.scopes), tenants: tenants, instances: nil, end: end)
    }

    /// Returns the scope without the tenants that do not exist or are disabled. The scope of all tenants stays as it is.
    private func enabled(_ scope: TenantScope) -> TenantScope {
        guard case .only(let ids) = scope else { return .all }
        return .only(ids.filter { tenants[$0]?.isEnabled == true })
    }
}
