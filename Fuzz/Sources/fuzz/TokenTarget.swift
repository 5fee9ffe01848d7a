import Encoding

@testable import Tokens

/// Fuzzes tokens with any text: a token is accepted by its exact grammar only, has one spelling, and is genuine only if
/// its key made it.
enum TokenTarget {
    /// The key of the seeds (seeds.py).
    private static let key = TokenKey(id: "k1", bytes: Array(0..<32))

    static func run(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        do throws(TokenError) {
            let token = try Token(text)
            require(hasForm(bytes), "what is no token is taken: \(shown(bytes))")
            checkParsed(token, text)
            checkGenuine(token)
        } catch {
            let parts = bytes.split(separator: UInt8(ascii: "~"), omittingEmptySubsequences: false)
            let restrictions = parts.dropFirst().map { String(decoding: $0, as: UTF8.self) }
            let isKnown = restrictions.count <= 8 && restrictions.allSatisfy { (try? TokenRestriction($0)) != nil }
            require(!(hasForm(bytes) && isKnown), "a token is refused: \(shown(bytes))")
            require(bytes.count < 40 || !error.description.contains(text), "the error shows the text")
        }
    }

    private static func checkParsed(_ token: Token, _ text: String) {
        var written = token.text
        if Sabotage.isOn("token"), token.restrictions.count > 1 { written.removeLast() }
        require(Array(written.utf8) == Array(text.utf8), "\(text) is written as \(written)")
        require(token.restrictions.count <= Token.restrictionLimit, "there are too many restrictions")
        require(text.utf8.count <= Token.lengthLimitBytes, "the token is too long")
        require(!"\(token)".contains(Base64.encodeURL(token.tag)), "the description shows the tag")
        guard let longer = try? token.restricted(by: TokenRestriction("before=1")) else { return }
        require((try? Token(longer.text)) == longer, "a restricted token is not read as it was written")
        require(key.verifies(longer) == key.verifies(token), "a restriction changes whether a token is genuine")
    }

    /// Checks that a token is genuine exactly if the key gives the same text for its id and restrictions.
    private static func checkGenuine(_ token: Token) {
        let made = try? token.restrictions.reduce(key.token(id: token.id)) { try $0.restricted(by: $1) }
        require(key.verifies(token) == (made?.text == token.text), "a forged token is genuine, or a genuine one is not")
    }

    /// Returns true if the part before the restrictions has the grammar of a token, by a check of the bytes that shares
    /// nothing with the parser.
    private static func hasForm(_ bytes: [UInt8]) -> Bool {
        let head = bytes.prefix { $0 != UInt8(ascii: "~") }
        let name = head.dropFirst(6).prefix { $0 != UInt8(ascii: "_") }
        let rest = Array(head.dropFirst(6 + name.count))
        guard bytes.count <= 1024, head.starts(with: Array("aura1_".utf8)), (1...8).contains(name.count),
            name.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }), rest.count == 67,
            rest[0] == UInt8(ascii: "_"), rest[23] == UInt8(ascii: "_")
        else { return false }
        let values = rest.map(sextet)
        // The last characters hold 4 and 2 bits that no byte uses.
        return (values[1...22] + values[24...]).allSatisfy { $0 != nil } && (values[22] ?? 1) % 16 == 0
            && (values[66] ?? 1) % 4 == 0
    }

    private static func sextet(_ byte: UInt8) -> Int? {
        Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8).firstIndex(of: byte)
    }
}

/// Fuzzes restrictions of tokens: text is written as it was read, the grammar of each key is exact, and each pattern
/// matches the same texts as a second, simpler check.
enum RestrictionTarget {
    static func run(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let restriction = try? TokenRestriction(text) else { return }
        var written = restriction.text
        if Sabotage.isOn("restriction"), restriction.values.count > 1 { written += "," }
        require(Array(written.utf8) == bytes, "\(shown(bytes)) is written as \(written)")
        require(!restriction.values.isEmpty, "a restriction has no value")
        require(
            bytes.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "~") },
            "a restriction has a character that separates restrictions: \(shown(bytes))")
        for value in restriction.values { check(restriction.key, value) }
    }

    private static func check(_ key: TokenRestriction.Key, _ value: String) {
        switch key {
        case .method:
            guard let pattern = MethodPattern(value) else { return require(false, "a method has no pattern") }
            let name = value.hasSuffix("*") ? value.dropLast() + "x" : value
            require(pattern.allows(name) && !pattern.allows(value + ".y") == !value.hasSuffix("*"), "method \(value)")
            require(value.filter { $0 == "*" }.count <= 1 && value != "*", "the method \(value) is too wide")
        case .scope:
            require(value.filter { $0 == ":" }.count == 1, "the scope \(value) has not two parts")
        case .tenant, .instance:
            require(!value.contains("*"), "\(value) is no single object")
        case .before:
            require(Int64(value).map { $0 >= 0 && String($0) == value } == true, "the time \(value) has two spellings")
        case .peer:
            guard let pattern = PeerPattern(value) else { return require(false, "a peer has no pattern") }
            let isUser = value.hasPrefix("unix:")
            if isUser, let user = UInt32(value.dropFirst(5)) {
                require(pattern.allows(user: user) && !pattern.allows(user: user &+ 1), "peer \(value)")
            } else {
                let address = String(value.prefix { $0 != "/" })
                require(pattern.allows(address: address) && !pattern.allows(user: 0), "peer \(value)")
            }
        case .rate:
            require(TokenRestriction.rate(value).map { $0 > 0 && "\($0)/60" == value } == true, "rate \(value)")
        }
    }
}
