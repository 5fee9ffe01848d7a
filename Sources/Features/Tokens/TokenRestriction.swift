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
    public let text: String

    /// Parses a restriction. Throws ``TokenError/unknownRestriction(_:)`` if this version does not know the key, or the
    /// key does not allow a value: a restriction that is not understood must not be ignored.
    public init(_ text: String) throws(TokenError) {
        try self.init(Array(text.utf8)[...])
    }

    /// Parses the bytes of a restriction.
    init(_ bytes: ArraySlice<UInt8>) throws(TokenError) {
        let name = bytes.prefix { $0 != UInt8(ascii: "=") }
        guard name.endIndex < bytes.endIndex, let key = Key(rawValue: String(decoding: name, as: UTF8.self)) else {
            throw .unknownRestriction(Self.shown(name))
        }
        var values: [String] = []
        var rest = bytes[name.endIndex...]
        while !rest.isEmpty {
            // After the `=` or a comma.
            let value = rest.dropFirst().prefix { $0 != UInt8(ascii: ",") }
            guard Self.isValue(value), key.allows(value) else { throw .unknownRestriction(key.rawValue) }
            values.append(String(decoding: value, as: UTF8.self))
            rest = rest[value.endIndex...]
        }
        guard key.takesMany || values.count == 1 else { throw .unknownRestriction(key.rawValue) }
        self.key = key
        self.values = values
        text = String(decoding: bytes, as: UTF8.self)
    }

    private static func isValue(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"): true
                case UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }

    /// Returns the key, or a neutral text if it is no word.
    private static func shown(_ key: ArraySlice<UInt8>) -> String {
        let isWord = (1...20).contains(key.count) && key.allSatisfy { (0x61...0x7A).contains($0) }
        return isWord ? String(decoding: key, as: UTF8.self) : "with that key"
    }
}

extension TokenRestriction.Key {
    /// True if a restriction may have several values.
    fileprivate var takesMany: Bool { self != .before && self != .rate }

    /// Returns true if the value has the form that the key needs.
    fileprivate func allows(_ value: ArraySlice<UInt8>) -> Bool {
        switch self {
        case .method: MethodPattern.isPattern(value)
        case .scope: TokenRestriction.isScope(value)
        case .tenant, .instance:
            value.allSatisfy { $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
        case .before: TokenRestriction.number(utf8: value) != nil
        case .peer: PeerPattern(String(decoding: value, as: UTF8.self)) != nil
        case .rate: TokenRestriction.rate(utf8: value) != nil
        }
    }
}

extension TokenRestriction {
    /// Parses a number of at most 12 digits without a sign and leading zeros. Returns `nil` for other texts.
    package static func number(_ text: String) -> Int64? { number(utf8: text.utf8) }

    static func number(utf8 digits: some Collection<UInt8>) -> Int64? {
        guard (1...12).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else {
            return nil
        }
        var number: Int64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            number = number * 10 + Int64(digit - 0x30)
        }
        return number
    }

    /// Returns true for two words with a colon between them, such as `instances:read`; the first may be `*`.
    static func isScope(_ text: ArraySlice<UInt8>) -> Bool {
        let first = text.prefix { $0 != UInt8(ascii: ":") }
        let second = text[first.endIndex...].dropFirst()
        let isAny = first.count == 1 && first.first == UInt8(ascii: "*")
        return (isAny || isWord(first)) && isWord(second)
    }

    /// Returns true for one letter or more.
    private static func isWord(_ text: ArraySlice<UInt8>) -> Bool {
        !text.isEmpty && text.allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
    }

    /// Returns N of `N/60`, or `nil` if the text has another form or N is 0.
    package static func rate(_ text: String) -> Int64? { rate(utf8: Array(text.utf8)[...]) }

    static func rate(utf8 text: ArraySlice<UInt8>) -> Int64? {
        guard text.suffix(3).elementsEqual("/60".utf8), let number = number(utf8: text.dropLast(3)), number > 0 else {
            return nil
        }
        return number
    }
}

/// The methods that a restriction allows: one name, or all names with the same first parts.
package struct MethodPattern: Sendable, Hashable {
    private let start: String
    private let isPrefix: Bool

    /// Creates a pattern from `status.get` or `status.*`. Returns `nil` for other texts.
    package init?(_ text: String) {
        guard Self.isPattern(text.utf8) else { return nil }
        isPrefix = text.utf8.last == UInt8(ascii: "*")
        start = isPrefix ? String(text.dropLast()) : text
    }

    /// Returns true for words of letters with dots between them. The last of several words may be `*`.
    static func isPattern(_ text: some Collection<UInt8>) -> Bool {
        // The byte before; at the beginning a word must follow, as after a dot.
        var previous = UInt8(ascii: ".")
        var hasWord = false
        for byte in text {
            switch byte {
            case 0x41...0x5A, 0x61...0x7A:
                // Nothing follows a `*`.
                guard previous != UInt8(ascii: "*") else { return false }
                hasWord = true
            case UInt8(ascii: "*"): guard hasWord, previous == UInt8(ascii: ".") else { return false }
            case UInt8(ascii: "."):
                guard previous != UInt8(ascii: "."), previous != UInt8(ascii: "*") else { return false }
            default: return false
            }
            previous = byte
        }
        return previous != UInt8(ascii: ".")
    }

    /// Returns true if the pattern allows the method.
    package func allows(_ method: String) -> Bool {
        isPrefix ? method.hasPrefix(start) : method == start
    }
}
