/// The token in the header `Authorization: Bearer TOKEN` (RFC 6750 §2.1).
public enum BearerToken {
    /// The name of the scheme.
    public static let scheme = "Bearer"

    /// Returns the token, or `nil` if there is no such header. Throws `unauthenticated` for two headers, and for another
    /// scheme.
    public static func read(_ headers: [String]) throws(RPCError) -> String? {
        guard let header = headers.first else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard headers.count == 1, parts.count == 2, parts[0].lowercased() == scheme.lowercased() else {
            throw RPCError(
                .unauthenticated, "cannot use the header Authorization: it must be one header of the form Bearer TOKEN")
        }
        return String(parts[1])
    }
}

extension RPCError {
    /// The error for a call whose caller has shown no proof.
    static let withoutProof = RPCError(
        .unauthenticated,
        "cannot take the call, the connection has not shown who calls: show a token of aura token create first, by "
            + "session.authenticate or, with aura and the clients, by AURA_TOKEN_FILE; or use the Unix socket")

    /// The error for a request of HTTP without a proof.
    public static let withoutBearer = RPCError(
        .unauthenticated,
        "cannot take the request, it does not show who calls: send the header Authorization: Bearer TOKEN with a token "
            + "of aura token create, or use the Unix socket")

    /// The error for a connection that shows no proof in time. Another connection may be faster.
    public static let proofTooLate = RPCError(
        .unauthenticated,
        "the connection ends, it has not shown in time who calls: call session.authenticate with a token right after "
            + "connecting, or use the Unix socket", retryable: true)
}
