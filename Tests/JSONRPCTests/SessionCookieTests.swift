import Testing

@testable import JSONRPC

/// The cookie of a session in the headers of requests, as browsers and others send them.
@Suite struct SessionCookieTests {
    private static let value = String(repeating: "aZ09-_", count: 7) + "A"
    private static let cookie = "\(SessionCookie.name)=\(value)"

    static let readable: [([String], Bool)] = [
        ([], false), ([""], false), ([cookie], true), (["a=b; \(cookie)"], true), (["\(cookie); a=b"], true),
        (["\(cookie);"], true), ([";;\(cookie) ; "], true), (["\t\(cookie)\t"], true), (["a=b", cookie], true),
        // Other names, however similar.
        (["__host-aura=\(value)"], false), (["x\(cookie)"], false), (["__Host-aura2=\(value)"], false),
        (["__Host-aura =\(value)"], false), (["__Host-aura"], false), (["a=\(cookie)"], false),
        (["__Host-aura\u{301}=\(value)"], false), (["a,\(cookie)"], false),
    ]

    @Test(arguments: readable) func aCookieIsFoundByItsExactName(_ headers: [String], _ isThere: Bool) throws {
        #expect(try SessionCookie.read(headers) == (isThere ? Self.value : nil), "\(headers)")
    }

    static let refused: [[String]] = [
        // Twice, in one header or in two.
        ["\(cookie); \(cookie)"], [cookie, cookie], ["\(cookie); \(SessionCookie.name)=x"],
        // Values that no daemon makes.
        ["\(SessionCookie.name)="], ["\(cookie)A"], ["\(SessionCookie.name)=\(value.dropLast())"],
        ["\(SessionCookie.name)=\"\(value.dropLast(2))\""], ["\(SessionCookie.name)=\"\(value)\""],
        ["\(SessionCookie.name)= \(value)"], ["\(SessionCookie.name)=\(value.dropLast())="],
        ["\(SessionCookie.name)=\(value.dropLast())\u{e9}"], ["\(SessionCookie.name)=\(value.dropLast())\u{0}"],
        // Too long, even without the cookie.
        [String(repeating: "a", count: SessionCookie.headersLimitBytes + 1)],
        Array(repeating: "a=b; c=d", count: SessionCookie.headersLimitBytes / 8 + 1),
    ]

    @Test(arguments: refused) func aDoubtfulCookieIsRefused(_ headers: [String]) {
        let error = #expect(throws: RPCError.self) { try SessionCookie.read(headers) }
        #expect(error?.code == .unauthenticated)
        // The error must not repeat a value.
        #expect(error?.message.contains(Self.value.prefix(20)) == false)
    }

    /// Random pieces of cookies: the result is the value of the only cookie, `nil`, or an error.
    @Test func randomHeadersAreReadOrRefused() throws {
        var generator = SystemRandomNumberGenerator()
        let pieces = [
            SessionCookie.name, "=", ";", " ", "\"", Self.value, Self.cookie, "a=b", "\t", ",", "\u{7f}", "__Host-",
            "é",
        ]
        for _ in 1...5000 {
            let header = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }
            .joined()
            guard let found = try? SessionCookie.read([header]) else { continue }
            #expect(found == Self.value && header.contains(Self.cookie), "\(header)")
        }
    }

    @Test func theCookieIsForThisHostAndNoScript() {
        #expect(
            SessionCookie.setting("V", lifeSeconds: 60)
                == "__Host-aura=V; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=60")
        #expect(SessionCookie.clearing == "__Host-aura=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
    }
}
