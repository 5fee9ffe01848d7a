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
    /// The error for a request whose caller has shown no proof.
    public static var withoutProof: RPCError {
        RPCError(
            .unauthenticated,
            "cannot tell who calls: send the header Authorization: Bearer TOKEN, with a token of aura token create")
    }
}
