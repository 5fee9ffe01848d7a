import Crypto

/// The chain of tags: `T0 = HKDF-SHA256(key, salt: id, info: "aura/token/1/" ‖ kid)`, and
/// `T(n+1) = HMAC-SHA256(key: T(n), message: restriction)`. A token carries the last tag.
enum TokenChain {
    /// Returns the tag of a token without restrictions. `info` is that of HKDF (``info(keyID:)``).
    static func root(_ key: SymmetricKey, id: [UInt8], info: [UInt8]) -> SHA256Digest {
        // HKDF (RFC 5869): the extraction, and the only step of the expansion, since a tag is as long as a hash.
        let secret = id.withUnsafeBytes { salt in
            authenticate(key: salt) { hash in key.withUnsafeBytes { hash.update(bufferPointer: $0) } }
        }
        return secret.withUnsafeBytes { secret in
            authenticate(key: secret) { hash in info.withUnsafeBytes { hash.update(bufferPointer: $0) } }
        }
    }

    /// The bytes that HKDF expands: the info, and the number of the step, which is 1.
    static func info(keyID: String) -> [UInt8] { Array("aura/token/1/\(keyID)".utf8) + [1] }

    /// Returns the tag after one more restriction.
    static func next(_ tag: UnsafeRawBufferPointer, _ restriction: TokenRestriction) -> SHA256Digest {
        authenticate(key: tag) { hash in
            var text = restriction.text
            text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        }
    }

    /// Returns the tag after one more restriction.
    static func next(_ tag: [UInt8], _ restriction: TokenRestriction) -> [UInt8] {
        tag.withUnsafeBytes { next($0, restriction) }.withUnsafeBytes { Array($0) }
    }

    /// Returns true if both tags are equal, in a time that does not depend on where they differ.
    static func areEqual(_ one: SHA256Digest, _ other: [UInt8]) -> Bool {
        one.withUnsafeBytes { one in
            guard one.count == other.count else { return false }
            var difference = UInt8(0)
            for (left, right) in zip(one, other) { difference |= left ^ right }
            return difference == 0
        }
    }

    /// The number of bytes of a block of SHA-256.
    private static let blockBytes = 64

    /// Returns HMAC-SHA256 (RFC 2104) of the message that `message` adds to a hash. The key has at most 64 bytes.
    ///
    /// `HMAC` of swift-crypto gives the same, and takes several times as long, since it is generic in the hash and copies
    /// the key five times.
    static func authenticate(key: UnsafeRawBufferPointer, _ message: (inout SHA256) -> Void) -> SHA256Digest {
        precondition(key.count <= blockBytes, "the key of a tag has at most \(blockBytes) bytes")
        return withUnsafeTemporaryAllocation(byteCount: blockBytes, alignment: 8) { block in
            block.initializeMemory(as: UInt8.self, repeating: 0x36)
            for (index, byte) in key.enumerated() { block[index] ^= byte }
            var inner = SHA256()
            inner.update(bufferPointer: UnsafeRawBufferPointer(block))
            message(&inner)
            for index in block.indices { block[index] ^= 0x36 ^ 0x5C }
            var outer = SHA256()
            outer.update(bufferPointer: UnsafeRawBufferPointer(block))
            inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
            return outer.finalize()
        }
    }
}

/// A key that signs tokens. It is derived from a key of the vault; the database has no secret of a token.
public struct TokenKey: Sendable {
    /// The name of the key, a part of each token that it signed.
    public let id: String
    private let key: SymmetricKey
    /// What HKDF expands for this key.
    private let info: [UInt8]

    /// Creates a key from 32 bytes. Traps if the name is not 1 to 8 of `[a-z0-9]`.
    public init(id: String, bytes: [UInt8]) {
        precondition(Token.isKeyID(id.utf8) && bytes.count == 32, "a token key has a name and 32 bytes")
        self.id = id
        key = SymmetricKey(data: bytes)
        info = TokenChain.info(keyID: id)
    }

    /// Returns a token without restrictions. `id` is 16 random bytes.
    public func token(id: [UInt8]) -> Token {
        precondition(id.count == Token.idBytes, "the id of a token has \(Token.idBytes) bytes")
        return Token(
            keyID: self.id, id: id, tag: TokenChain.root(key, id: id, info: info).withUnsafeBytes { Array($0) })
    }

    /// Returns true if this key signed the token, and nothing but restrictions was added.
    ///
    /// The time depends on the number of restrictions, not on the tag.
    public func verifies(_ token: Token) -> Bool {
        var expected = TokenChain.root(key, id: token.id, info: info)
        for restriction in token.restrictions {
            expected = expected.withUnsafeBytes { TokenChain.next($0, restriction) }
        }
        return TokenChain.areEqual(expected, token.tag) && token.keyID == id
    }

    /// Returns the first 8 bytes of `SHA-256("aura/token/check" ‖ T0)` for the token of this key with this id. The row
    /// of the token has these bytes, so that a wrong key can be distinguished from a wrong token.
    public func check(ofTokenWithID id: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: Array("aura/token/check".utf8))
        TokenChain.root(key, id: id, info: info).withUnsafeBytes { hash.update(bufferPointer: $0) }
        return Array(hash.finalize().prefix(8))
    }
}
