import Crypto
import Locking
import Tokens

/// Remembers genuine tokens by the SHA-256 of their texts, because each request over HTTP shows its token again.
///
/// Only the text and the chain of tags are not checked again: they never change while a daemon runs. Revocation, times,
/// restrictions and the principal are checked at each use. A wrong token is not remembered.
final class VerifiedTokens: Sendable {
    private let keys: TokenKeys
    private let known = Locked<[SHA256Digest: Token]>([:])

    /// The maximum number of tokens. Beyond it all are forgotten.
    static let limit = 1000

    init(_ keys: TokenKeys) {
        self.keys = keys
    }

    /// The number of remembered tokens.
    var count: Int { known.withLock { $0.count } }

    /// Returns the token with this text, or `nil` if it is malformed or no key has signed it.
    func token(_ text: String) -> Token? {
        var text = text
        let digest = text.withUTF8 { bytes in
            // Longer texts are not worth their hash.
            bytes.count <= Token.lengthLimitBytes ? SHA256.hash(data: UnsafeRawBufferPointer(bytes)) : nil
        }
        guard let digest else { return nil }
        if let token = known.withLock({ $0[digest] }) { return token }
        guard let token = try? Token(text), keys.verify(token) else { return nil }
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[digest] = token
        }
        return token
    }
}
