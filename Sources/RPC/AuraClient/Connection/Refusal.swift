internal import JSONRPC

/// The errors by which a daemon refuses a token. It does no IO.
enum Refusal {
    /// True if no other connection with the same token can help: the token is not valid, or was revoked.
    static func isFinal(_ error: RPCError) -> Bool {
        isOfToken(error) && !error.retryable
    }

    /// True if the daemon refuses the token of the connection, or a connection without one.
    static func isOfToken(_ error: RPCError) -> Bool {
        error.code.name == RPCErrorCode.unauthenticated.name || error.code.name == RPCErrorCode.tokenRevoked.name
    }
}
