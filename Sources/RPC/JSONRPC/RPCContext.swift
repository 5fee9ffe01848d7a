/// One call, as its handler and the interceptors see it.
public struct RPCContext: Sendable {
    /// The connection of the call.
    public let session: Session
    /// The method that is called.
    public let method: MethodProperties
    /// The caller's id, or `nil` for a notification. A notification's result is dropped.
    public let id: RPCID?
    /// Who calls. Before the first interceptor it is the peer of the connection; an interceptor may replace it.
    public var principal: Principal

    init(session: Session, method: MethodProperties, id: RPCID?) {
        self.session = session
        self.method = method
        self.id = id
        principal = session.caller
    }
}

/// Who calls a method or caused a change.
///
/// So far nothing is authenticated except by the kernel: a local process is its user, and everybody else who reaches the
/// loopback interface is one principal. Nothing is permitted or refused by it.
public struct Principal: Sendable, Hashable, CustomStringConvertible {
    /// The text in events and logs, such as `uid:1000`.
    public let id: String

    /// Creates a principal from its text.
    public init(id: String) {
        self.id = id
    }

    /// The principal of a connection without further proof.
    init(_ peer: Peer) {
        switch peer {
        case .unix(let uid, _, _): id = "uid:\(uid)"
        case .tcp: id = "loopback"
        case .memory: id = "internal"
        }
    }

    /// The id.
    public var description: String { id }
}

/// Cross-cutting work around each call: authentication, limits, audit, metrics. All transports share one chain.
///
/// Interceptors run in order before the parameters are read, and in reverse order after the handler. They must not block:
/// a call with an immediate handler stays on its event loop. They do not see calls of unknown methods, calls that a limit
/// refuses, and calls that never started.
public protocol Interceptor: Sendable {
    /// True if constant replies must pass the chain as well. They are then no longer copied without parsing the call.
    var coversConstants: Bool { get }

    /// Called before the handler. It may set the principal. If it throws, the handler and the later interceptors are not called.
    func willCall(_ context: inout RPCContext) throws(RPCError)

    /// Called after the handler, or after this interceptor or a later one has refused the call. `error` is what the caller
    /// receives; `nil` means success.
    func didCall(_ context: RPCContext, _ error: RPCError?)
}

extension Interceptor {
    /// Lets the call pass.
    public func willCall(_ context: inout RPCContext) throws(RPCError) {}
    /// Does nothing.
    public func didCall(_ context: RPCContext, _ error: RPCError?) {}
}
