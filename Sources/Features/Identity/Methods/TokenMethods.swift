import AuraAPI
import AuraModel
import Encoding
import JSON
import JSONRPC
import Storage
import Tokens

/// `token.create`, `token.list`, `token.revoke`, `token.explain`.
extension IdentityMethods {
    func registerTokens(in router: inout Router) {
        router.register(Methods.tokenCreate) { parameters, call in
            try await create(parameters, by: call.principal, call.audit)
        }
        router.register(Methods.tokenList, reads: true) { parameters, call in
            try await list(parameters, for: call.principal)
        }
        router.register(Methods.tokenRevoke) { parameters, call in
            try await revoke(parameters.token, by: call.principal, call.audit)
        }
        router.registerImmediate(Methods.tokenExplain) { parameters, call in
            explain(parameters.text, for: call.principal)
        }
    }

    /// The life of a token that names no end.
    private static let standardLife = Duration.seconds(90 * 86_400)

    private func create(
        _ parameters: TokenCreateParameters, by caller: Principal, _ audit: AuditSlip?
    ) async throws -> TokenCreateResult {
        guard let key = keys.current else {
            throw RPCError(
                .noVaultKey,
                "cannot create a token, the daemon has no key file: make one with `aura vault init`, name it in "
                    + "vault.keyFile, and start aurad again")
        }
        let principal = try await principal(parameters.principal, for: caller)
        let now = time.now()
        let tenants = parameters.tenants.map { TenantScope.only(Set($0)) }
        try Self.check(parameters.scopes, tenants, areOf: principal)
        try Self.check(principal.tenants.intersection(tenants ?? .all), isWithin: caller)
        try Self.check(parameters.scopes ?? principal.scopes, areGivenBy: caller)
        let expires = parameters.expires ?? now + Self.standardLife
        guard expires > now, parameters.notBefore.map({ $0 < expires }) ?? true else {
            throw RPCError(.invalidParams, "cannot create a token that is never valid: choose a later expires")
        }
        let id = Self.newID()
        var token = key.token(id: id)
        for restriction in parameters.restrictions ?? [] {
            do {
                token = try token.restricted(by: TokenRestriction(restriction))
            } catch {
                throw RPCError(.invalidParams, "\(error)")
            }
        }
        let record = TokenRecord(
            id: id, keyID: key.id, principal: principal.id, name: parameters.name, scopes: parameters.scopes?.sorted(),
            tenants: tenants ?? .all, notBefore: parameters.notBefore, expires: expires,
            check: key.check(ofTokenWithID: id), createdAt: now, createdBy: PrincipalID(caller.id))
        try await write(.createToken(record, defaultQuota: registry.defaults.tokens), audit)
        return TokenCreateResult(token: TokenView(record), text: token.text)
    }

    private static func newID() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<TokenRecord.idBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// Throws `invalidParams` if the token would name a scope or tenant that its principal does not have.
    private static func check(
        _ scopes: [String]?, _ tenants: TenantScope?, areOf principal: PrincipalRecord
    ) throws(RPCError) {
        if let missing = scopes?.first(where: { !principal.scopes.contains($0) }) {
            throw RPCError(
                .invalidParams, "cannot give the token the scope \(missing): \(principal.name) does not have it")
        }
        if case .only(let ids) = tenants, let missing = ids.first(where: { !principal.tenants.contains($0) }) {
            throw RPCError(
                .invalidParams, "cannot give the token the tenant \(missing): \(principal.name) does not have it")
        }
    }

    /// Throws `forbidden` if a scope is one that the caller lacks. A caller that may change principals can give every
    /// scope, since it could give it to itself as well.
    private static func check(_ scopes: [String], areGivenBy caller: Principal) throws(RPCError) {
        guard !caller.rights.scopes.contains("principals:write"), let missing = caller.rights.firstMissing(of: scopes)
        else { return }
        throw RPCError(
            .forbidden, "cannot create a token with the scope \(missing), \(caller.id) does not have it: leave it out",
            data: ["scope": .string(missing)])
    }

    private func list(_ parameters: TokenListParameters, for caller: Principal) async throws -> TokenListResult {
        var only: PrincipalID?
        if let reference = parameters.principal { only = try await principal(reference, for: caller).id }
        let (table, now) = (registry.table, time.now())
        let tokens = table.allTokens.filter { token in
            (only == nil || token.principal == only)
                && (parameters.all == true || token.revokedAt == nil && token.expires.map { $0 > now } ?? true)
                && sees(caller, token, table)
        }
        .map { TokenView($0) }.sorted { $0.id < $1.id }
        let rest = tokens.drop { token in parameters.after.map { token.id <= $0 } ?? false }
        let page = rest.prefix(parameters.limit ?? 100)
        return TokenListResult(tokens: Array(page), next: page.count < rest.count ? page.last?.id : nil)
    }

    private func sees(_ caller: Principal, _ token: TokenRecord, _ table: IdentityTable) -> Bool {
        guard let principal = table.principals[token.principal] else { return caller.rights.tenants == .all }
        return sees(caller, principal)
    }

    private func revoke(_ text: String, by caller: Principal, _ audit: AuditSlip?) async throws -> TokenResult {
        await registry.refresh()
        let table = registry.table
        let found = Base64.decodeURL(text).flatMap { table.token($0) }
        // Compared for an unknown token as well, so that both take the same time.
        let isVisible = found.map { sees(caller, $0, table) } ?? sees(caller, Self.hidden)
        guard let token = found, isVisible else {
            throw RPCError(.tokenNotFound, "no token has the id \(text.prefix(64)): token.list shows those that exist")
        }
        try await write(.revokeToken(token.id, at: time.now()), audit)
        return TokenResult(token: TokenView(registry.table.token(token.id) ?? token))
    }

    private func explain(_ text: String, for caller: Principal) -> TokenExplainResult {
        let token: Token
        do {
            token = try Token(text)
        } catch {
            return TokenExplainResult(valid: false, reason: "\(error)", restrictions: [], scopes: [])
        }
        let restrictions = token.restrictions.map(\.text)
        guard keys.verify(token) else {
            return TokenExplainResult(
                valid: false, reason: "no key of this installation signed it: it is of another one, or was changed",
                restrictions: restrictions, scopes: [])
        }
        let table = registry.table
        let row = table.token(token.id).flatMap { sees(caller, $0, table) ? TokenView($0) : nil }
        do {
            let grant = try table.grant(token, to: nil, at: time.now())
            return TokenExplainResult(
                valid: true, token: row, restrictions: restrictions, scopes: grant.scopes.sorted(),
                tenants: grant.tenants.names)
        } catch {
            return TokenExplainResult(
                valid: false, reason: error.reason, token: row, restrictions: restrictions, scopes: [])
        }
    }
}
