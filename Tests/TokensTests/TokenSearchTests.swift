import Testing
import Tokens

@Suite struct TokenSearchTests {
    private static let key = TokenKey(id: "k1", bytes: Array(0..<32))
    private static let token = key.token(id: Array(0..<16))
    static let text = token.text

    @Test(arguments: [
        text, "x\(text)", "--in=\(text)~method=status.*", "aura1_ \(text)", "{\"token\":\"\(text)\"}", "aura1_\(text)",
        "/rpc?token=\(text)&x=1", "\(text)~x", "ä\(text)ä", "\(text)A",
    ])
    func aTokenIsFoundInAText(_ text: String) {
        #expect(TokenSearch.hasToken(text))
        #expect(TokenSearch.tokens(in: text).first?.last == Self.token)
    }

    /// Text about tokens, parts of one, and another spelling of its last character.
    @Test(arguments: [
        "", "aura1_", "aura1_k1.token", "aura1_k1_AAECAwQFBgcICQoLDA0ODw_short", String(text.dropLast()),
        "tokens begin with aura1_ and have more than seventy characters, such as aura1_KID_ID_TAG in the documentation",
        text.replacing("aura1_", with: "aura2_"), text.replacing("k1", with: "toolongname"),
        text.replacing("k1", with: "K1"), String(text.dropLast()) + (text.last == "A" ? "B" : "1"),
        text.replacing("Aw", with: "A!"),
    ])
    func otherTextsHaveNone(_ text: String) {
        #expect(!TokenSearch.hasToken(text))
    }

    /// The sentence goes on after the restrictions.
    @Test(arguments: ["", " and more", ".", ", please", "/", "\"}", "-", "*/"]) func restrictionsAreRead(_ rest: String)
        throws
    {
        let restricted = try Self.token.restricted(by: TokenRestriction("method=status.get"))
            .restricted(by: TokenRestriction("before=1800000000"))
        let readings = try #require(TokenSearch.tokens(in: "use \(restricted.text)\(rest)").first)
        #expect(readings.first { Self.key.verifies($0) } == restricted)
    }

    @Test func manyTokensAreFoundUpToALimit() {
        let text = Array(repeating: Self.text, count: TokenSearch.limit + 3).joined(separator: " ")
        #expect(TokenSearch.tokens(in: text).count == TokenSearch.limit)
        #expect(TokenSearch.tokens(in: String(repeating: "aura1_k1_", count: 1000)).isEmpty)
    }
}
