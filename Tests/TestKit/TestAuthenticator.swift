public import JSONRPC

/// An authenticator with one token, ``token``. Clients of TCP need it; Unix sockets and certificates are proofs themselves.
public struct TestAuthenticator: Authenticator {
    /// The only valid token.
    public static let token = "good"

    /// The methods of ``router(recorder:)`` that need no proof.
    public let methodsBeforeProof: Set<String> = ["authenticate", "ping"]

    /// True if each connection ends when it is opened, as if its principal had too many.
    private let isFull: Bool

    /// Creates an authenticator.
    public init(isFull: Bool = false) {
        self.isFull = isFull
    }

    private struct Shown: Decodable, Sendable { var token: String }

    /// Returns the principal of a connection that has shown no token.
    public func principal(of peer: Peer) -> Principal {
        switch peer {
        case .unix, .memory: Principal(id: "local", proof: .peer)
        case .tls(_, _, .some): Principal(id: "certificate", proof: .certificate)
        case .tcp, .tls: Principal(id: "anonymous", proof: .anonymous, rights: .none)
        }
    }

    /// Ends the connection if the authenticator is full.
    public func didOpen(_ session: Session) {
        if isFull { session.end(RPCError(.tooManyConnectionsOfUser, "cannot take more connections")) }
    }

    /// Throws `unauthenticated` unless the token is ``token``.
    public func authenticate(_ session: Session, token: String) throws(RPCError) {
        guard token == Self.token else { throw RPCError(.unauthenticated, "cannot use the token") }
        session.setPrincipal(Principal(id: "ada", proof: .token))
    }

    /// Returns a router with this authenticator and the methods `authenticate`, `ping`, `whoami`, `fact` (a constant),
    /// `later` (suspending) and `peer`.
    public func router(recorder: (any CallRecorder)? = nil) throws -> Router {
        var router = Router(authenticator: self, recorder: recorder) { _ in }
        router.registerImmediate(RPCMethod<Shown, String>("authenticate")) { [self] shown, call in
            try authenticate(call.session, token: shown.token)
            return call.session.principal.id
        }
        router.registerImmediate(RPCMethod<NoParams, String>("whoami")) { _, call in call.principal.id }
        router.registerImmediate(RPCMethod<NoParams, String>("peer")) { _, call in "\(call.session.peer)" }
        router.register(RPCMethod<NoParams, String>("later")) { _, call in call.principal.id }
        try router.registerConstant(RPCMethod<NoParams, String>("ping"), "pong")
        try router.registerConstant(RPCMethod<NoParams, String>("fact"), "constant")
        return router
    }

    /// The text of a call that shows the token.
    public static func call(_ token: String = Self.token) -> String {
        #"{"jsonrpc":"2.0","id":0,"method":"authenticate","params":{"token":"\#(token)"}}"#
    }
}
