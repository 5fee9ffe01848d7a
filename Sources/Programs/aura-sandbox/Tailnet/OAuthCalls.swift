import FoundationEssentials
import Hummingbird
import JSON

/// `/oauth/token`, and the check of the token of other calls.
enum OAuthCalls {
    static let routes = [Route("POST", "/api/v2/oauth/token", token)]

    /// The scopes of the client.
    static let scopes: Set<String> = ["auth_keys", "auth_keys:read", "devices:core", "devices:core:read"]

    @Sendable private static func token(_ cloud: inout Cloud, _ call: Call) throws -> Answer {
        let body = String(decoding: call.body, as: UTF8.self)
        let form = (try? URLEncodedFormDecoder().decode([String: String].self, from: body)) ?? [:]
        let secret = form["client_secret"] ?? call.basic?.password
        guard secret == cloud.access.clientSecret else { throw APIError.tailnet(401, "API token invalid") }
        guard ["client_credentials", nil].contains(form["grant_type"]) else {
            throw APIError.tailnet(400, "unsupported grant type")
        }
        let asked = Set(form["scope", default: ""].split(separator: " ").map(String.init))
        guard asked.isSubset(of: scopes) else {
            throw APIError.tailnet(400, "requested scopes are invalid or not permitted")
        }
        let granted = asked.isEmpty ? ["auth_keys", "devices:core"] : asked
        let seconds = cloud.settings.tokenSeconds
        let name = "tskey-api-k\(cloud.random.word(10))CNTRL-\(cloud.random.word(28))"
        let token = Tailnet.Token(expires: cloud.now + seconds, scopes: granted)
        cloud.tailnet.add(token, named: name, now: cloud.now)
        return Answer(
            200,
            [
                "access_token": .string(name), "token_type": "Bearer", "expires_in": .integer(Int64(seconds)),
                "scope": .string(granted.sorted().joined(separator: " ")),
                "tags": .string(cloud.settings.clientTags.joined(separator: " ")),
            ])
    }

    /// Throws 401 for a call with an unknown or expired token, and 403 if the token does not have the scope.
    static func check(_ call: Call, _ cloud: Cloud) throws {
        guard let name = call.bearer ?? call.basic?.user, let token = cloud.tailnet.tokens[name],
            token.expires > cloud.now
        else {
            throw APIError.tailnet(401, "API token invalid")
        }
        let needed = call.path.contains("/keys") ? "auth_keys" : "devices:core"
        let readable = call.method == "GET" && token.scopes.contains("\(needed):read")
        guard token.scopes.contains(needed) || readable else {
            throw APIError.tailnet(403, "calling actor does not have enough permissions to perform this function")
        }
    }
}
