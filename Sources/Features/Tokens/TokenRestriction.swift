/// One restriction of a token: `key=value[,value]`. A call satisfies a restriction if it matches one of the values. It
/// must satisfy every restriction of its token.
public struct TokenRestriction: Sendable, Hashable {
    /// The property that a restriction limits. The set is closed: a token with an unknown key is refused.
    public enum Key: String, Sendable, CaseIterable {
        /// The name of the method; the last part may be `*`.
        case method
        /// A scope that the method needs.
        case scope
        /// The tenant of the object.
        case tenant
        /// The id of the instance.
        case instance
        /// The time until which the token is valid, in seconds since 1970.
        case before
        /// The caller: an IP address, a network (CIDR), or a user on the Unix socket (`unix:UID`).
        case peer
        /// The maximum number of calls in 60 seconds: `N/60`.
        case rate

        /// An example, for messages.
        var form: String {
            switch self {
            case .method: "method=status.*"
            case .scope: "scope=instances:read"
            case .tenant: "tenant=NAME"
            case .instance: "instance=ID"
            case .before: "before=SECONDS"
            case .peer: "peer=192.0.2.0/24 or peer=unix:UID"
            case .rate: "rate=N/60"
            }
        }
    }

    /// The property that the restriction limits.
    public let key: Key
    /// The values. A call must match one of them.
    public let values: [String]

    /// The text, as the chain of tags authenticates it.
    public var text: String { "\(key.rawValue)=\(values.joined(separator: ","))" }

    /// Parses a restriction. Throws ``TokenError/unknownRestriction(_:)`` if this version does not know the key, or the
    /// key does not allow a value: a restriction that is not understood must not be ignored.
    public init(_ text: String) throws(TokenError) {
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, let key = Key(rawValue: String(sides[0])) else {
            throw .unknownRestriction(Self.shown(sides.first ?? ""))
        }
        let values = sides[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard values.allSatisfy({ Self.isValue($0) && key.allows($0) }), key.takesMany || values.count == 1 else {
            throw .unknownRestriction(key.rawValue)
        }
        self.key = key
        self.values = values
    }

    private static func isValue(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: Array("_.:*/-".utf8).contains(byte)
                }
            }
    }

    /// Returns the key, or a neutral text if it is no word.
    private static func shown(_ key: some StringProtocol) -> String {
        let isWord = (1...20).contains(key.utf8.count) && key.utf8.allSatisfy { (0x61...0x7A).contains($0) }
        return isWord ? String(key) : "with that key"
    }
}

extension TokenRestriction.Key {
    /// True if a restriction may have several values.
    fileprivate var takesMany: Bool { self != .before && self != .rate }

    /// Returns true if the value has the form that the key needs.
    fileprivate func allows(_ value: String) -> Bool {
        switch self {
        case .method: MethodPattern(value) != nil
        case .scope: TokenRestriction.isScope(value)
        case .tenant, .instance: !value.contains(where: { "*/:".contains($0) })
        case .before: TokenRestriction.number(value) != nil
        case .peer: PeerPattern(value) != nil
        case .rate: TokenRestriction.rate(value) != nil
        }
    }
}

extension TokenRestriction {
    /// Parses a number of at most 12 digits without a sign and leading zeros. Returns `nil` for other texts.
    package static func number(_ text: some StringProtocol) -> Int64? {
        guard (1...12).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text == "0" || text.first != "0"
        else { return nil }
        return Int64(text)
    }

    /// Returns true for two words with a colon between them, such as `instances:read`; the first may be `*`.
    static func isScope(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        func isWord(_ part: Substring) -> Bool {
            !part.isEmpty && part.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
        }
        return parts.count == 2 && (parts[0] == "*" || isWord(parts[0])) && isWord(parts[1])
    }

    /// Returns N of `N/60`, or `nil` if the text has another form or N is 0.
    package static func rate(_ text: String) -> Int64? {
        guard text.hasSuffix("/60"), let number = number(text.dropLast(3)), number > 0 else { return nil }
        return number
    }
}

/// The methods that a restriction allows: one name, or all names with the same first parts.
package struct MethodPattern: Sendable, Hashable {
    private let start: String
    private let isPrefix: Bool

    /// Creates a pattern from `status.get` or `status.*`. Returns `nil` for other texts.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        isPrefix = parts.last == "*"
        let names = isPrefix ? parts.dropLast() : parts[...]
        guard !names.isEmpty, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isLetter) }) else { return nil }
        start = isPrefix ? String(text.dropLast()) : text
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// Returns true if the pattern allows the method.
    package func allows(_ method: String) -> Bool {
        isPrefix ? method.hasPrefix(start) : method == start
    }
}
