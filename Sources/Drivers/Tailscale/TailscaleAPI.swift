internal import AuraModel
internal import DriverKit
internal import DriverREST
internal import HTTPClient
internal import JSON
internal import Logging

/// One call of the Tailscale API.
struct TailscaleCall: Sendable {
    var method: HTTPMethod
    /// Below the endpoint, with a slash at its start.
    var path: String
    var body: JSONValue?
    /// For messages: "mint a key for aura-ada-g1".
    var what: String

    /// Nothing here is harmed by being sent twice: a key that nobody heard of expires within minutes.
    var effect: CallEffect { method == .get ? .read : .repeatable }
}

/// Sends calls with an access token; fetches another once where the service no longer takes it.
struct TailscaleAPI: Sendable {
    let settings: TailscaleSettings
    let http: any HTTPTransport
    let tokens: TokenCache
    let permits: Permits
    let log: Logger

    /// The answer, or none where the service says that the thing does not exist.
    func send(_ call: TailscaleCall) async throws(Failure) -> JSONValue? {
        try await permits.run(call.what) { () async throws(Failure) -> JSONValue? in
            let token = try await tokens.current()
            let answer = try await exchange(call, token)
            guard answer.status == 401 else { return try read(answer, call) }
            let fresh = try await tokens.replacement(for: token)
            return try read(try await exchange(call, fresh), call)
        }
    }

    private func exchange(_ call: TailscaleCall, _ token: Secret) async throws(Failure) -> HTTPResponse {
        var headers: HTTPHeaders = ["Authorization": "Bearer \(token.reveal())", "Accept": "application/json"]
        if call.body != nil { headers["Content-Type"] = "application/json" }
        let request = HTTPRequest(
            call.method, settings.endpoint + call.path, headers: headers, body: call.body?.serialized(),
            timeout: settings.requestTimeout, cancellation: call.effect.cancellation)
        do {
            return try await http.send(request)
        } catch {
            throw Failure(error, effect: call.effect)
        }
    }

    private func read(_ answer: HTTPResponse, _ call: TailscaleCall) throws(Failure) -> JSONValue? {
        switch answer.status {
        case 200...299:
            if answer.body.isEmpty { return .null }
            do {
                return try JSONValue(parsing: answer.body, limits: JSONLimits(bytes: 8 << 20, depth: 64))
            } catch {
                throw Failure(
                    .transient, code: "providerAnswer", message: "cannot \(call.what): the tailnet's answer is no JSON")
            }
        case 404: return nil
        default:
            let failure = TailscaleRefusal.failure(answer, what: call.what)
            log.warning("the tailnet refuses", metadata: ["what": "\(call.what)", "code": "\(failure.code)"])
            throw failure
        }
    }
}
