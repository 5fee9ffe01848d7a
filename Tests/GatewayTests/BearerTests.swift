import Gateway
import HTTPClient
import JSON
import JSONRPC
import TestKit
import Testing

/// `POST /rpc` of a gateway with an authenticator.
@Suite(.timeLimit(.minutes(3))) struct BearerTests {
    private static let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
    private static let whoami = #"{"jsonrpc":"2.0","id":1,"method":"whoami"}"#

    private func serving(
        _ authenticator: TestAuthenticator = TestAuthenticator(),
        _ body: (@escaping @Sendable (String, String?) async throws -> HTTPResponse) async throws -> Void
    )
        async throws
    {
        try await TestGateway.run([], router: try authenticator.router()) { gateway in
            try await body { [url = gateway.url, client = gateway.client] text, authorization in
                var headers: HTTPHeaders = ["Content-Type": "application/json"]
                if let authorization { headers["Authorization"] = authorization }
                return try await client.send(
                    HTTPRequest(.post, "\(url)/rpc", headers: headers, body: Array(text.utf8), cancellation: .finish))
            }
        }
    }

    @Test(arguments: [nil, "Bearer bad", "Bearer ", "Bearer", "Basic Z29vZA==", "good", "Bearer  good"])
    func aRequestWithoutAProofIsRefusedWhateverItCalls(authorization: String?) async throws {
        try await serving { post in
            for text in [
                Self.ping, Self.whoami, "[\(Self.ping)]", "[\(Self.whoami),\(Self.ping)]", TestAuthenticator.call(),
                "no JSON", #"{"jsonrpc":"2.0","method":"ping"}"#, String(repeating: " ", count: 2 << 20),
            ] {
                let reply = try await post(text, authorization)
                #expect(reply.status == 401)
                #expect(reply.headers["www-authenticate"] == "Bearer")
                let error = try JSONValue(parsing: String(decoding: reply.body, as: UTF8.self))
                #expect(error["id"] == .null)
                #expect(error["error"]?["data"]?["code"] == "unauthenticated")
            }
        }
    }

    /// The request is not carried out, also if it shows the token of another principal.
    @Test(arguments: [nil, "Bearer good"])
    func aRequestIsRefusedIfItsPrincipalHasTooManyConnections(authorization: String?) async throws {
        try await serving(TestAuthenticator(isFull: true)) { post in
            let reply = try await post(Self.whoami, authorization)
            #expect(reply.status == 429)
            let error = try JSONValue(parsing: String(decoding: reply.body, as: UTF8.self))
            #expect(error["error"]?["data"]?["code"] == "tooManyConnectionsOfUser")
        }
    }

    @Test(arguments: ["Bearer good", "bearer good"]) func aTokenIsShownForEachRequest(authorization: String)
        async throws
    {
        try await serving { post in
            let one = try await post(Self.whoami, authorization)
            #expect(one.status == 200)
            #expect(String(decoding: one.body, as: UTF8.self).contains("ada"))
            let many = try await post("[\(Self.whoami),\(Self.ping)]", authorization)
            #expect(many.status == 200)
            // The connection is used again, and has no memory of the token.
            #expect(try await post(Self.whoami, nil).status == 401)
            let long = try await post(Self.whoami + String(repeating: " ", count: 100_000), authorization)
            #expect(long.status == 200)
        }
    }
}
