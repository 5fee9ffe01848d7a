import AuraAPI
import JSONRPC
import NIOHTTP1
import Testing

import struct HTTPTypes.HTTPResponse

@testable import Gateway

/// Requests whose proof is a cookie, which browsers send by themselves.
@Suite struct SameOriginTests {
    private static let host = "aura.example:8443"
    private static let own = ["https://aura.example:8443"]
    private static let same = ["same-origin"]

    /// Origins, sites and the host of a request; whether it is accepted without TLS, and with it.
    static let requests: [(origins: [String], sites: [String], host: String?, plain: Bool, encrypted: Bool)] = [
        (own, same, host, true, true), (["HTTPS://Aura.Example:8443"], same, "AURA.example:8443", true, true),
        (["http://aura.example:8443"], same, host, true, false),
        ([], same, host, false, false), (own + own, same, host, false, false), (["null"], same, host, false, false),
        (["https://aura.example"], same, host, false, false),
        (["https://aura.example:8443/"], same, host, false, false),
        (["https://evil.example"], same, host, false, false),
        (["https://x.aura.example:8443"], same, host, false, false),
        (own, same, nil, false, false), (own, [], host, false, false), (own, same + same, host, false, false),
        (own, ["same-site"], host, false, false), (own, ["cross-site"], host, false, false),
        (own, ["none"], host, false, false), (own, ["Same-Origin"], host, false, false),
    ]

    @Test(arguments: requests) func onlyPagesOfTheHostMayUseTheCookie(
        _ request: (origins: [String], sites: [String], host: String?, plain: Bool, encrypted: Bool)
    ) {
        for (isEncrypted, expected) in [(false, request.plain), (true, request.encrypted)] {
            #expect(
                SameOrigin.admits(
                    origins: request.origins, sites: request.sites, host: request.host, isEncrypted: isEncrypted)
                    == expected)
        }
    }

    /// The browser sends the cookie by itself also to another port of the page's host. A page of a listed origin gets a
    /// connection without the session, on which it shows a token.
    @Test func aCookieOfAListedOriginIsIgnoredInAHandshake() throws {
        let cookie = String(repeating: "a", count: SessionCookie.valueLength)
        let origins = OriginPolicy(allowed: ["https://console.example:3000"])
        func shown(_ origin: String, _ site: String?, to host: String = "console.example:8443") throws -> String? {
            var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: WebSocketUpgrade.path)
            head.headers = ["host": host, "origin": origin, "cookie": "\(SessionCookie.name)=\(cookie)"]
            if let site { head.headers.add(name: "sec-fetch-site", value: site) }
            return try SameOrigin.cookie(of: head, origins, .tcp(address: "10.0.0.1", port: 1))
        }
        for site in ["same-site", "cross-site", nil] {
            #expect(try shown("https://console.example:3000", site) == nil)
        }
        #expect(try shown("https://console.example:3000", "same-origin", to: "console.example:3000") == cookie)
        #expect(throws: RPCError.self) { try shown("https://other.example", "same-origin") }
        #expect(throws: RPCError.self) { try shown("https://console.example:8443", "same-site") }
    }

    /// Codes of refusals of a session, and their HTTP statuses.
    static let statuses: [(RPCErrorCode, HTTPResponse.Status)] = [
        (.unauthenticated, .unauthorized), (.tokenNotFound, .unauthorized), (.forbidden, .forbidden),
        (.tooManyCalls, .tooManyRequests), (.quotaExceeded, .tooManyRequests), (.shuttingDown, .serviceUnavailable),
    ]

    @Test(arguments: statuses) func aRefusalHasItsStatus(_ code: RPCErrorCode, _ status: HTTPResponse.Status) {
        #expect(RPCError(code, "cannot open a session").status == status)
    }

    /// The peer `memory` would have all rights.
    @Test func aConnectionWithoutANamedPeerHasNoRights() {
        let unknown = Peer.tcp(address: "unknown", port: 0)
        #expect(GatewayContext.peer == unknown)
        #expect(WebSocketUpgrade(origins: OriginPolicy(allowed: [])) { _, _, _, _ in }.peer == unknown)
    }

    @Test func aHostIsAnAddressOrListed() {
        let policy = OriginPolicy(allowed: ["https://aura.example:8443"])
        for host in ["127.0.0.1", "127.0.0.1:80", "[::1]:80", "localhost:1", "AURA.example:8443"] {
            #expect(policy.admits(host: host), "\(host)")
        }
        for host in ["aura.example", "rebound.example:8443", "", "localhost.evil.example", "1.2.3"] {
            #expect(!policy.admits(host: host), "\(host)")
        }
        #expect(!policy.admits(host: nil))
    }
}
