public import AuraModel

/// The caller of a method, or the cause of a change, with its rights.
public struct Principal: Sendable, Hashable, CustomStringConvertible {
    /// The text in events and logs: `uid:1000`, `loopback`, or the id of a principal that `principal.create` made.
    public let id: String
    /// How the caller showed who it is.
    public let proof: Proof
    /// The id of the token that was shown; `nil` without one.
    public let token: String?
    /// What the caller may do.
    public let rights: Rights

    /// The ways in which a caller shows who it is.
    public enum Proof: String, Sendable, Hashable {
        /// The caller has shown nothing.
        case anonymous
        /// The connection itself: the kernel's record of a process on the Unix socket.
        case peer
        /// A client certificate.
        case certificate
        /// A token.
        case token
        /// The cookie of a dashboard's session.
        case session
        /// The daemon itself.
        case `internal`
    }

    /// Creates a principal. Without arguments for the rights it may do everything, as a router without an
    /// ``Authenticator`` permits.
    public init(id: String, proof: Proof = .internal, token: String? = nil, rights: Rights = .all) {
        self.id = id
        self.proof = proof
        self.token = token
        self.rights = rights
    }

    /// Creates the principal of a connection to a router without an ``Authenticator``. It may do everything.
    init(unchecked peer: Peer) {
        switch peer {
        case .unix(let peer): self.init(id: "uid:\(peer.uid)", proof: .peer)
        case .tcp, .tls: self.init(id: "loopback", proof: .peer)
        case .memory: self.init(id: "internal")
        }
    }

    /// True until the caller has shown a proof. Until then it may call only ``Authenticator/methodsBeforeProof``.
    public var awaitsProof: Bool { proof == .anonymous }

    /// The id.
    public var description: String { id }

    /// Compares ids and proofs. Rights of one caller may change while it is connected.
    public static func == (left: Principal, right: Principal) -> Bool {
        left.id == right.id && left.proof == right.proof
    }

    /// Hashes the id and the proof.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(proof)
    }
}

/// Decides who calls. A router has at most one, which all its connections use.
///
/// The methods are called on event loops and must not block.
public protocol Authenticator: Sendable {
    /// The methods that a caller may call before it has shown a proof. Their handlers must be immediate.
    var methodsBeforeProof: Set<String> { get }

    /// Returns the principal of a new connection, from the proofs that the connection itself has.
    func principal(of peer: Peer) -> Principal

    /// Is told that a connection is open, before its first call.
    func didOpen(_ session: Session)

    /// Checks a token and gives the connection the token's principal.
    ///
    /// From then on the authenticator changes the connection's principal when its rights change, and closes the
    /// connection when the token ends. Throws if the token is not valid; the connection keeps the principal that it had.
    func authenticate(_ session: Session, token: String) throws(RPCError)

    /// Throws `tenantNotFound` if parameters name a tenant of the caller that does not exist. A tenant that the caller
    /// may not see is not checked: its objects do not exist for the caller, as those of a missing tenant.
    func check(tenant: TenantID, for caller: Principal) async throws(RPCError)

    /// Returns true if a text that is no place for a token has one, such as the URL of a request. A genuine token is
    /// revoked, since others may have read it there. `place` names the place for the audit.
    func refusesToken(in text: String, at place: String, from peer: Peer) -> Bool
}

extension Authenticator {
    /// Finds no tokens.
    public func refusesToken(in text: String, at place: String, from peer: Peer) -> Bool { false }

    /// Accepts every tenant.
    public func check(tenant: TenantID, for caller: Principal) async throws(RPCError) {}
}
