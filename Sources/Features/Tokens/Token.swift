import Encoding

/// A parsed token: the id of its key, the id of its row, its restrictions and its tag.
///
/// The text is `aura1_KID_ID_TAG` and then `~RESTRICTION` for each restriction. The tag authenticates all other parts
/// in a chain (``TokenKey``), so a holder can add a restriction, but cannot remove one.
///
/// A value of this type is only well-formed. ``TokenKey/verifies(_:)`` checks whether it is genuine.
public struct Token: Sendable, Hashable {
    /// The start of every token, by which scanners for secrets find them.
    public static let prefix = "aura1_"
    /// The longest text, in bytes.
    public static let lengthLimitBytes = 1024
    /// The maximum number of restrictions.
    public static let restrictionLimit = 8

    /// The number of bytes of an id.
    static let idBytes = 16

    /// The name of the key that signed the token: 1 to 8 of `[a-z0-9]`.
    public let keyID: String
    /// The id of the token's row, 16 random bytes.
    public let id: [UInt8]
    /// The restrictions, in the order in which they were added. A call must satisfy all of them.
    public private(set) var restrictions: [TokenRestriction]
    /// The 32 bytes that authenticate the key, the id and the restrictions.
    public private(set) var tag: [UInt8]

    init(keyID: String, id: [UInt8], tag: [UInt8], restrictions: [TokenRestriction] = []) {
        self.keyID = keyID
        self.id = id
        self.tag = tag
        self.restrictions = restrictions
    }

    /// Parses a token. Throws ``TokenError``, whose text never contains a part of the token.
    public init(_ text: String) throws(TokenError) {
        guard text.utf8.count <= Self.lengthLimitBytes else { throw .malformed }
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }), bytes.starts(with: Self.prefix.utf8) else {
            throw .malformed
        }
        let head = bytes.prefix { $0 != UInt8(ascii: "~") }
        // `_` is also a letter of base64url, so the id and the tag are taken by their lengths.
        let name = head.dropFirst(Self.prefix.utf8.count).prefix { $0 != UInt8(ascii: "_") }
        let rest = head[name.endIndex...].dropFirst()
        guard Self.isKeyID(name), rest.count == Self.idLength + 1 + Self.tagLength,
            rest[rest.startIndex + Self.idLength] == UInt8(ascii: "_"),
            let id = Base64.decodeURL(rest.prefix(Self.idLength)),
            let tag = Base64.decodeURL(rest.suffix(Self.tagLength))
        else { throw .malformed }
        self.init(
            keyID: String(decoding: name, as: UTF8.self), id: id, tag: tag,
            restrictions: try Self.restrictions(bytes[head.endIndex...]))
    }

    /// Parses what follows the tag: `~RESTRICTION` for each restriction.
    private static func restrictions(_ bytes: ArraySlice<UInt8>) throws(TokenError) -> [TokenRestriction] {
        let count = bytes.count(where: { $0 == UInt8(ascii: "~") })
        guard count <= restrictionLimit else { throw .tooManyRestrictions }
        var restrictions: [TokenRestriction] = []
        restrictions.reserveCapacity(count)
        var rest = bytes
        while !rest.isEmpty {
            let text = rest.dropFirst().prefix { $0 != UInt8(ascii: "~") }
            restrictions.append(try TokenRestriction(text))
            rest = rest[text.endIndex...]
        }
        return restrictions
    }

    /// The lengths of an id and of a tag in base64url.
    private static let (idLength, tagLength) = (22, 43)

    static func isKeyID(_ text: some Collection<UInt8>) -> Bool {
        (1...8).contains(text.count) && text.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    }

    /// The text, with its secret tag.
    public var text: String {
        let head = "\(Self.prefix)\(keyID)_\(Base64.encodeURL(id))_\(Base64.encodeURL(tag))"
        return restrictions.reduce(head) { "\($0)~\($1.text)" }
    }

    /// Returns a token with one more restriction. It needs no key.
    ///
    /// Throws ``TokenError/tooManyRestrictions`` or ``TokenError/tooLong``.
    public func restricted(by restriction: TokenRestriction) throws(TokenError) -> Token {
        guard restrictions.count < Self.restrictionLimit else { throw .tooManyRestrictions }
        var token = self
        token.restrictions.append(restriction)
        token.tag = TokenChain.next(tag, restriction)
        guard token.text.utf8.count <= Self.lengthLimitBytes else { throw .tooLong }
        return token
    }
}

extension Token: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key and the id, without the tag, for logs.
    public var description: String { "\(Self.prefix)\(keyID)_\(Base64.encodeURL(id))_[secret]" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// Without children, so that `dump` does not show the tag.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The reason why a text is no token, or a restriction cannot be added. It never contains the text.
public enum TokenError: Error, Hashable, CustomStringConvertible {
    /// The text does not have the form of a token.
    case malformed
    /// A restriction has a key that this version does not know, or a value that its key does not allow.
    case unknownRestriction(String)
    /// There are more restrictions than ``Token/restrictionLimit``.
    case tooManyRestrictions
    /// The token would be longer than ``Token/lengthLimitBytes``.
    case tooLong

    /// The reason and the remedy.
    public var description: String {
        switch self {
        case .malformed: "this is no token: it must be the text that `aura token create` showed, and nothing else"
        case .unknownRestriction(let key):
            "cannot use the restriction \(key): use one of "
                + TokenRestriction.Key.allCases.map(\.form).joined(separator: ", ")
        case .tooManyRestrictions: "a token has \(Token.restrictionLimit) restrictions at most"
        case .tooLong: "the token would be longer than \(Token.lengthLimitBytes) bytes: use fewer or shorter values"
        }
    }
}
