import Gateway
import Testing

@Suite("Web origins that may call")
struct OriginPolicyTests {
    private static let policy = OriginPolicy(allowed: ["https://Console.example.com"])

    static let admitted: [(origin: String?, host: String?)] = [
        (nil, nil), (nil, "evil.example"), ("https://console.example.com", "anything"),
        ("HTTPS://CONSOLE.EXAMPLE.COM", nil), ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://localhost:8080", "localhost:8080"), ("https://10.1.2.3", "10.1.2.3"), ("http://[::1]:80", "[::1]:80"),
    ]

    @Test(arguments: admitted)
    func listedOriginsAndOriginsOfTheSameHostAreAdmitted(request: (origin: String?, host: String?)) {
        #expect(Self.policy.admits(origin: request.origin, host: request.host))
    }

    @Test(arguments: [
        "https://console.example.com", "http://localhost:3000", "HTTPS://Console.Example.com", "http://127.0.0.1:8080",
        "http://[::1]:80", "https://a-b.example",
    ])
    func anOriginIsASchemeAHostAndAPort(text: String) {
        #expect(OriginPolicy.isOrigin(text))
    }

    @Test(arguments: [
        "null", "*", "", "https://", "https://*.example.com", "https://example.com/", "https://example.com/path",
        "example.com",
        "ftp://example.com", "file://", "https://user@example.com", "https://example.com:", "https://example.com:0",
        "https://example.com:70000", "https://example.com:+80", "https://exa mple.com", "https://[evil]",
        "chrome-extension://abc",
    ])
    func otherTextsAreNoOrigins(text: String) {
        #expect(!OriginPolicy.isOrigin(text))
        #expect(!OriginPolicy(allowed: [text]).admits(origin: text, host: nil))
    }

    @Test func twoOriginHeadersAreRefused() {
        #expect(Self.policy.admits(origins: [], host: nil))
        #expect(Self.policy.admits(origins: ["https://console.example.com"], host: nil))
        #expect(
            !Self.policy.admits(origins: ["https://console.example.com", "https://console.example.com"], host: nil))
    }

    static let refused: [(origin: String?, host: String?)] = [
        ("null", nil), ("", ""), ("https://evil.example", "127.0.0.1:8080"),
        ("http://127.0.0.1:8080", "127.0.0.1:9090"),
        // A host name whose owner makes it resolve to this machine.
        ("http://evil.example:8080", "evil.example:8080"), ("http://1.2.3", "1.2.3"),
        ("http://127.0.0.256", "127.0.0.256"),
        ("https://console.example.com.evil.example", nil), ("http://console.example.com", nil),
        ("http://localhost.evil.example", "localhost.evil.example"), ("http://[evil]", "[evil]"),
    ]

    @Test(arguments: refused)
    func foreignOriginsAreRefused(request: (origin: String?, host: String?)) {
        #expect(!Self.policy.admits(origin: request.origin, host: request.host))
    }
}
