public import AuraModel

/// Finds the token with which a client shows the daemon who calls.
///
/// A token is never taken from a command line, where other users can read it.
public enum ClientToken {
    /// The start of every token.
    static let prefix = "aura1_"
    /// The longest token, in bytes.
    static let lengthLimitBytes = 1024
    /// The longest token file, in bytes: a token and spaces around it.
    private static let fileLimitBytes = 4096

    /// Finds the token: the file that `AURA_TOKEN_FILE` names, else the text of `AURA_TOKEN`. Returns `nil` if neither
    /// is set: processes on the daemon's Unix socket need no token.
    ///
    /// `value` reads an environment variable; it is a parameter for tests. An empty variable counts as unset. Throws
    /// ``ClientError`` with the code `invalidToken`.
    public static func find(
        value: (String) throws(ClientError) -> String? = DaemonAddress.environmentValue
    ) throws(ClientError) -> Secret? {
        if let path = try value("AURA_TOKEN_FILE"), !path.isEmpty { return try read(file: path) }
        if let text = try value("AURA_TOKEN"), !text.isEmpty { return try checked(text, of: "AURA_TOKEN") }
        return nil
    }

    /// Reads a token file. White space around the token is ignored.
    ///
    /// Throws ``ClientError`` with the code `invalidToken` if the file cannot be read, does not belong to the user, can
    /// be used by other users, or has no token.
    public static func read(file path: String) throws(ClientError) -> Secret {
        try checked(try PrivateFile.text(of: path, "token file", limitBytes: fileLimitBytes), of: "the file \(path)")
    }

    /// Returns the token in a text. The error names `source`, and never the text, which may be another secret.
    package static func checked(_ text: String, of source: String) throws(ClientError) -> Secret {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let token = words.first, token.hasPrefix(prefix),
            (prefix.utf8.count + 1...lengthLimitBytes).contains(token.utf8.count),
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw ClientError(
                .invalidToken,
                "cannot use \(source), it has no token: give the text that aura token create showed, which begins with "
                    + prefix)
        }
        return Secret(String(token))
    }
}
