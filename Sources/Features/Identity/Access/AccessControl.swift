public import JSONRPC

/// Refuses each call whose caller lacks a scope of the method, or breaks a rule of its token.
///
/// Calls with constant replies are copied without this check only to callers that have their scopes.
public struct AccessControl: Interceptor {
    /// False: the reader of a connection compares the scopes of constant replies with the caller's.
    public let coversConstants = false

    /// Creates the interceptor.
    public init() {}

    /// Throws `unauthenticated` or `forbidden`.
    public func willCall(_ context: inout RPCContext) throws(RPCError) {
        let principal = context.principal
        // Methods without scopes are for everybody who can connect.
        guard !context.method.scopes.isEmpty else { return }
        if case .refuse(let scope) = Authorisation.decide(principal.rights, context.method) {
            throw Authorisation.refusal(of: principal, context.method, scope: scope)
        }
        for rule in principal.rights.rules { try rule.check(context.method, context.session) }
    }
}
