import AuraAPI
import AuraModel
import Encoding
import JSON
public import JSONRPC
import Locking
import Logging
import Storage
import Tokens

/// Tokens in places where others may read them, such as a URL or a parameter that is stored. They are refused there, and
/// revoked if they are genuine.
extension IdentityRegistry {
    /// A token to revoke.
    struct MisplacedToken {
        var id: [UInt8]
        var place: String
        var peer: Peer
        var at: Timestamp
    }

    /// The maximum number of tokens that wait for their revocation. Further ones are refused only.
    private static let misplacedLimit = 1000
    /// The method of the entry of the audit.
    private static let revocation = Methods.tokenRevoke.name

    /// Returns true if the text has a token. A genuine one is revoked within a second.
    public func refusesToken(in text: String, at place: String, from peer: Peer) -> Bool {
        guard text.utf8.count >= TokenSearch.shortestBytes else { return false }
        let found = TokenSearch.tokens(in: text)
        let now = time.now()
        for token in found.compactMap({ readings in readings.first { keys.verify($0) } }) {
            state.withLock { state in
                guard let row = state.table.token(token.id), row.revokedAt == nil,
                    state.misplaced.count < Self.misplacedLimit, !state.misplaced.contains(where: { $0.id == token.id })
                else { return }
                state.misplaced.append(MisplacedToken(id: token.id, place: place, peer: peer, at: now))
            }
        }
        return !found.isEmpty
    }

    /// Revokes the tokens that were found. What cannot be written is tried again later.
    func revokeMisplaced() async {
        while let token = state.withLock({ $0.misplaced.first }) {
            var draft = AuditDraft(
                at: token.at, principal: PrincipalID("aurad"), proof: Principal.Proof.internal.rawValue,
                peer: "\(token.peer)", method: Self.revocation, salt: AuditDraft.salt(SystemRandom()))
            draft.parameters = ["place": .string(token.place)]
            do {
                _ = try await store.write(.revokeToken(token.id, at: time.now()), audit: draft)
            } catch let error where error.code == .tokenNotFound {
                // It was deleted meanwhile.
            } catch {
                logger.error("cannot revoke a token that was shown in a wrong place", metadata: ["error": "\(error)"])
                return
            }
            logger.warning(
                "revoked a token that was shown in a wrong place",
                metadata: ["token": "\(Base64.encodeURL(token.id))", "place": "\(token.place)"])
            state.withLock { $0.misplaced.removeAll { $0.id == token.id } }
        }
    }
}

/// Refuses a call with a token in its parameters: they can be stored, in a job or in the audit, and read by others.
///
/// Only texts that are long enough for a token are searched.
struct MisplacedTokenCheck: Interceptor {
    let registry: IdentityRegistry

    /// False: calls with constant replies have no parameters.
    let coversConstants = false

    /// The methods whose parameter is a token. They store it nowhere.
    private static let methodsForTokens: Set<String> = [Methods.sessionAuthenticate.name, Methods.tokenExplain.name]

    /// Throws `invalidParams`.
    func willCall(_ context: inout RPCContext) throws(RPCError) {
        guard let parameters = context.parameters, Self.hasLongText(parameters),
            !Self.methodsForTokens.contains(context.method.name)
        else { return }
        let (name, peer) = (context.method.name, context.session.peer)
        guard refuses(parameters, at: "parameters of \(name)", peer) else { return }
        throw RPCError(
            .invalidParams,
            "cannot call \(name), its parameters have a token in them, where others may read it: show a token only by "
                + "session.authenticate or in the header Authorization; a valid token is revoked now: create a new one "
                + "with aura token create")
    }

    private static func hasLongText(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .bool, .integer, .double: false
        case .string(let text): text.utf8.count >= TokenSearch.shortestBytes
        case .array(let values): values.contains { hasLongText($0) }
        case .object(let members): members.contains { hasLongText(.string($0.key)) || hasLongText($0.value) }
        }
    }

    /// Looks at all texts, so that each token is revoked.
    private func refuses(_ value: JSONValue, at place: String, _ peer: Peer) -> Bool {
        switch value {
        case .null, .bool, .integer, .double: return false
        case .string(let text): return registry.refusesToken(in: text, at: place, from: peer)
        case .array(let values): return values.reduce(false) { refuses($1, at: place, peer) || $0 }
        case .object(let members):
            return members.reduce(false) { found, member in
                let isName = registry.refusesToken(in: member.key, at: place, from: peer)
                return refuses(member.value, at: place, peer) || isName || found
            }
        }
    }
}
