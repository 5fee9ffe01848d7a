import Gateway
import Testing

@Suite("Which web pages may call")
struct OriginPolicyTests {
    private static let policy = OriginPolicy(allowed: ["https://Console.example.com"])

    static let admitted: [(origin: String?, host: String?)] = [
        (nil, nil), (nil, "evil.example"), ("https://console.example.com", "anything"),
        ("HTTPS://CONSOLE.EXAMPLE.COM", nil), ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://localhost:8080", "localhost:8080"), ("https://10.1.2.3", "10.1.2.3"), ("http://[::1]:80", "[::1]:80"),
    ]

    @Test(arguments: admitted)
    func admits(request: (origin: String?, host: String?)) {
        #expect(Self.policy.admits(origin: request.origin, host: request.host))
    }

    static let refused: [(origin: String?, host: String?)] = [
        ("null", nil), ("", ""), ("https://evil.example", "127.0.0.1:8080"),
        ("http://127.0.0.1:8080", "127.0.0.1:9090"),
        // A name whose owner lets it point here.
        ("http://evil.example:8080", "evil.example:8080"), ("http://1.2.3", "1.2.3"),
        ("http://127.0.0.256", "127.0.0.256"),
        ("https://console.example.com.evil.example", nil), ("http://console.example.com", nil),
        ("http://localhost.evil.example", "localhost.evil.example"), ("http://[evil]", "[evil]"),
    ]

    @Test(arguments: refused)
    func refuses(request: (origin: String?, host: String?)) {
        #expect(!Self.policy.admits(origin: request.origin, host: request.host))
    }
}
