import AuraAPI
import JSONRPC
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
