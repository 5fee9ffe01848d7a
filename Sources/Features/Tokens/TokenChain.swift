import Crypto

/// The chain of tags: `T0 = HKDF-SHA256(key, salt: id, info: "aura/token/1/" ‖ kid)`, and
/// `T(n+1) = HMAC-SHA256(key: T(n), message: restriction)`. A token carries the last tag.
enum TokenChain {
    /// Returns the tag of a token without restrictions.
    static func root(_ key: SymmetricKey, keyID: String, id: [UInt8]) -> [UInt8] {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, salt: id, info: Array("aura/token/1/\(keyID)".utf8), outputByteCount: Token.tagBytes
        ).withUnsafeBytes { Array($0) }
    }

    /// Returns the tag after one more restriction.
    static func next(_ tag: [UInt8], _ restriction: TokenRestriction) -> [UInt8] {
        Array(
            HMAC<SHA256>.authenticationCode(for: Array(restriction.text.utf8), using: SymmetricKey(data: tag)))
    }

    /// Returns true if both tags are equal, in a time that does not depend on where they differ.
    static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// A key that signs tokens. It is derived from a key of the vault; the database has no secret of a token.
public struct TokenKey: Sendable {
    /// The name of the key, a part of each token that it signed.
    public let id: String
    private let key: SymmetricKey

    /// Creates a key from 32 bytes. Traps if the name is not 1 to 8 of `[a-z0-9]`.
    public init(id: String, bytes: [UInt8]) {
        precondition(Token.isKeyID(id) && bytes.count == 32, "a token key has a name and 32 bytes")
        self.id = id
        key = SymmetricKey(data: bytes)
    }

    /// Returns a token without restrictions. `id` is 16 random bytes.
    public func token(id: [UInt8]) -> Token {
        precondition(id.count == Token.idBytes, "the id of a token has \(Token.idBytes) bytes")
        return Token(keyID: self.id, id: id, tag: TokenChain.root(key, keyID: self.id, id: id))
    }

    /// Returns true if this key signed the token, and nothing but restrictions was added.
    ///
    /// The time depends on the number of restrictions, not on the tag.
    public func verifies(_ token: Token) -> Bool {
        let root = TokenChain.root(key, keyID: id, id: token.id)
        let expected = token.restrictions.reduce(root) { TokenChain.next($0, $1) }
        return TokenChain.areEqual(expected, token.tag) && token.keyID == id
    }

    /// Returns the first 8 bytes of `SHA-256("aura/token/check" ‖ T0)` for the token of this key with this id. The row
    /// of the token has these bytes, so that a wrong key can be distinguished from a wrong token.
    public func check(ofTokenWithID id: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: Array("aura/token/check".utf8))
        hash.update(data: TokenChain.root(key, keyID: self.id, id: id))
        return Array(hash.finalize().prefix(8))
    }
}
