import Crypto
import Testing
import TokenMutations

@testable import Tokens

/// The key and the id of the test vectors.
private let key = TokenKey(id: "k1", bytes: Array(0..<32))
private let id: [UInt8] = Array(0..<16)
private let plain = "aura1_k1_AAECAwQFBgcICQoLDA0ODw_knFUDyAaFSIAFRIAfcRmL1CuVmScPld_zX_TkcGneo0"

@Suite struct TokenTests {
    private func restricted(_ restrictions: String...) throws -> Token {
        try restrictions.reduce(key.token(id: id)) { try $0.restricted(by: TokenRestriction($1)) }
    }

    @Test func tokensAreThoseOfTheVectors() throws {
        #expect(key.token(id: id).text == plain)
        #expect(
            try restricted("method=status.*").text
                == "aura1_k1_AAECAwQFBgcICQoLDA0ODw_pQ06HL4bsf5t_yAEbi7_b3TBDvtiNdfQUkd8vKRNphw~method=status.*")
        #expect(
            try restricted("method=status.*", "tenant=alice", "before=1800000000").text
                == "aura1_k1_AAECAwQFBgcICQoLDA0ODw_iBA4oA0I3uDrSs8zt77MXTdU1Y7SC-3x3WffjGWwrFs"
                + "~method=status.*~tenant=alice~before=1800000000")
    }

    /// The chain computes HMAC and HKDF by hashes alone.
    @Test(arguments: [0, 1, 16, 31, 32, 63, 64]) func tagsAreThoseOfHMACAndHKDF(_ length: Int) {
        let keyBytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 37 + length) }
        let symmetric = SymmetricKey(data: keyBytes)
        for count in 0...130 {
            let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 11 &+ count) }
            let tag = keyBytes.withUnsafeBytes { key in
                TokenChain.authenticate(key: key) { hash in message.withUnsafeBytes { hash.update(bufferPointer: $0) } }
            }
            #expect(Array(tag) == Array(HMAC<SHA256>.authenticationCode(for: message, using: symmetric)))
        }
        let root = TokenChain.root(symmetric, id: id, info: TokenChain.info(keyID: "k1"))
        let derived = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: symmetric, salt: id, info: Array("aura/token/1/k1".utf8), outputByteCount: 32)
        #expect(derived.withUnsafeBytes { Array($0) } == Array(root))
    }

    @Test func aTokenIsReadAsItWasWritten() throws {
        let token = try restricted("method=status.*,job.get", "peer=192.0.2.0/24,unix:1000", "rate=60/60")
        #expect(try Token(token.text) == token)
        #expect(key.verifies(token))
        #expect(token.restrictions.map(\.text).last == "rate=60/60")
    }

    @Test func aTokenOfAnotherKeyIsNotGenuine() throws {
        let other = TokenKey(id: "k1", bytes: Array(1...32))
        #expect(!other.verifies(try Token(plain)))
        let renamed = TokenKey(id: "k2", bytes: Array(0..<32))
        #expect(!renamed.verifies(try Token(plain)))
        #expect(!key.verifies(try Token(plain.replacing("_k1_", with: "_k2_"))))
    }

    @Test func aRestrictionCannotBeRemovedOrReplaced() throws {
        let text = try restricted("tenant=alice", "before=1800000000").text
        for forged in [
            text.replacing("~before=1800000000", with: ""), text.replacing("~tenant=alice", with: ""),
            text.replacing("alice", with: "bob"), text.replacing("1800000000", with: "1900000000"),
            text.replacing("~tenant=alice~before=1800000000", with: "~before=1800000000~tenant=alice"),
        ] {
            #expect(!key.verifies(try Token(forged)))
        }
    }

    /// A lenient decoder takes three other spellings of the last character of a tag.
    @Test func onlyTheCanonicalSpellingOfATagIsAToken() throws {
        var spellings = 0
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
            if (try? Token(plain.dropLast() + String(letter))) != nil { spellings += 1 }
        }
        #expect(spellings == 16)
    }

    @Test(arguments: [
        "", "aura1_", plain + "=", plain + " ", " " + plain, plain + "\n", plain + "~", "aura2" + plain.dropFirst(5),
        plain.replacing("_k1_", with: "__"), plain.replacing("_k1_", with: "_K1_"),
        plain.replacing("_k1_", with: "_123456789_"), plain.replacing("_k1_", with: "_kÄ_"),
        plain.replacing("_knF", with: "-knF"), String(plain.dropLast()), plain + "A",
        plain.replacing("_", with: "/"), plain + "~tenant=\(String(repeating: "a", count: 1024))",
    ])
    func otherTextsAreNoTokens(_ text: String) {
        let error = #expect(throws: TokenError.self) { try Token(text) }
        #expect(error.map { !"\($0)".contains("knFUD") } == true)
    }

    @Test(arguments: [
        "~method", "~method=", "~method=*", "~method=status.*.get", "~method=status.get,",
        "~verb=get", "~Method=status.get", "~scope=instances", "~scope=:",
        "~scope=instances:", "~scope=:read", "~scope=a:b:c", "~scope=instances:*", "~tenant=a/b", "~instance=*",
        "~before=01", "~before=-1",
        "~before=1,2", "~before=1e3", "~before=9999999999999", "~peer=192.0.2.7/24", "~peer=192.0.2.0/33",
        "~peer=example.com", "~peer=unix:", "~peer=unix:4294967296", "~rate=60", "~rate=0/60", "~rate=60/61",
        "~method=status.get=x", "~tenant=alice;bob",
    ])
    func aRestrictionThatIsNotKnownInFullRefusesTheToken(_ restriction: String) {
        let error = #expect(throws: TokenError.self) { try Token(plain + restriction) }
        if case .unknownRestriction = error { return }
        Issue.record("\(restriction): \(String(describing: error))")
    }

    @Test func aTokenHasABoundedNumberOfRestrictions() throws {
        var token = key.token(id: id)
        for number in 1...Token.restrictionLimit {
            token = try token.restricted(by: TokenRestriction("before=\(number)"))
        }
        #expect(key.verifies(try Token(token.text)))
        let ninth = try TokenRestriction("before=9")
        #expect(throws: TokenError.tooManyRestrictions) { try token.restricted(by: ninth) }
        #expect(throws: TokenError.tooManyRestrictions) { try Token(token.text + "~before=9") }
        let long = try TokenRestriction("tenant=\(String(repeating: "a", count: 1000))")
        #expect(throws: TokenError.tooLong) { try key.token(id: id).restricted(by: long) }
    }

    @Test func aTokenPrintsWithoutItsTag() {
        let token = key.token(id: id)
        var dumped = ""
        dump(token, to: &dumped)
        for text in ["\(token)", String(reflecting: token), dumped] {
            #expect(!text.contains("knFUD") && !text.contains("228") && !text.contains("tag"))
        }
        #expect("\(token)" == "aura1_k1_AAECAwQFBgcICQoLDA0ODw_[secret]")
    }

    /// Any change of a genuine token, at any place, gives a text that is refused.
    @Test(arguments: [UInt64(1), 2, 3, 4]) func changedTokensAreRefused(_ seed: UInt64) throws {
        let genuine = [
            plain, try restricted("method=status.*").text,
            try restricted("method=status.*", "tenant=alice", "before=1800000000").text,
        ]
        var mutator = TokenMutator(genuine, seed: seed)
        for _ in 1...5_000 {
            guard let text = String(validating: mutator.next(), as: UTF8.self), !genuine.contains(text) else {
                continue
            }
            if let token = try? Token(text), key.verifies(token) { Issue.record("accepted: \(text)") }
        }
    }
}

@Suite struct RestrictionPatternTests {
    @Test func aMethodPatternAllowsOneNameOrAllWithItsStart() throws {
        let all = try #require(MethodPattern("status.*"))
        #expect(all.allows("status.get") && all.allows("status.subscribe"))
        #expect(!all.allows("status") && !all.allows("statuses.get") && !all.allows("job.get"))
        let one = try #require(MethodPattern("job.get"))
        #expect(one.allows("job.get") && !one.allows("job.getAll") && !one.allows("job"))
        #expect(MethodPattern("provision")?.allows("provision") == true)
        #expect(MethodPattern("*") == nil && MethodPattern("status.*.x") == nil && MethodPattern(".get") == nil)
    }

    @Test func aNetworkAllowsItsAddressesOnly() throws {
        let network = try #require(PeerPattern("192.0.2.0/24"))
        #expect(network.allows(address: "192.0.2.255") && network.allows(address: "::ffff:192.0.2.1"))
        #expect(!network.allows(address: "192.0.3.0") && !network.allows(address: "2001:db8::1"))
        #expect(!network.allows(address: "192.0.2.1\0"))
        #expect(!network.allows(address: "not an address") && !network.allows(user: 0))
        let six = try #require(PeerPattern("2001:db8::/33"))
        #expect(six.allows(address: "2001:db8:7fff::1") && !six.allows(address: "2001:db8:8000::1"))
        #expect(try #require(PeerPattern("0.0.0.0/0")).allows(address: "203.0.113.9"))
        #expect(try #require(PeerPattern("192.0.2.7")).allows(address: "192.0.2.7"))
    }

    @Test func aUserIsAllowedByNumber() throws {
        let user = try #require(PeerPattern("unix:1000"))
        #expect(user.allows(user: 1000) && !user.allows(user: 1001) && !user.allows(address: "127.0.0.1"))
    }
}
