public import JSON

/// One call, as its handler and the interceptors see it.
public struct RPCContext: Sendable {
    /// The connection of the call.
    public let session: Session
    /// The method that is called.
    public let method: MethodProperties
    /// The id of the request, or `nil` for a notification, whose result is dropped.
    public let id: RPCID?
    /// The caller. Before the first interceptor it is the principal of the connection; an interceptor may replace it.
    public var principal: Principal
    /// The parameters as the caller sent them, not checked yet; `nil` without parameters.
    public internal(set) var parameters: JSONValue?
    /// The entry of the audit that the handler passes to the store with its change; `nil` for a method that only reads,
    /// and without a recorder.
    public internal(set) var audit: AuditSlip?

    init(session: Session, method: MethodProperties, id: RPCID?) {
        self.session = session
        self.method = method
        self.id = id
        principal = session.principal
    }
}

/// Cross-cutting work around each call: authentication, limits, audit, metrics. All transports share one chain.
///
/// Interceptors run in order before the parameters are read, and in reverse order after the handler. They must not
/// block, because those of a call with an immediate handler run on its event loop. They do not see calls of unknown
/// methods, calls with a number out of range, calls that a limit refuses, and calls that never started.
public protocol Interceptor: Sendable {
    /// True if all calls with constant replies must pass the interceptors. The daemon then parses these calls instead
    /// of copying precomputed replies.
    var coversConstants: Bool { get }

    /// Called before the handler. It may set the principal. If it throws, the handler and the later interceptors are
    /// not called.
    func willCall(_ context: inout RPCContext) throws(RPCError)

    /// Called after the handler, or after this interceptor or a later one has refused the call. `error` is what the
    /// caller receives; `nil` means success.
    func didCall(_ context: RPCContext, _ error: RPCError?)
}

extension Interceptor {
    /// Lets the call pass.
    public func willCall(_ context: inout RPCContext) throws(RPCError) {}
    /// Does nothing.
    public func didCall(_ context: RPCContext, _ error: RPCError?) {}
}
