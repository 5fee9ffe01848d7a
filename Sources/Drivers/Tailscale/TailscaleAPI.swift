internal import AuraModel
internal import DriverKit
internal import DriverREST
internal import HTTPClient
internal import JSON
internal import Locking
internal import Logging

/// One call of Tailscale's API.
struct TailscaleCall: Sendable {
    var method: HTTPMethod
    /// The path below the endpoint, with a leading slash.
    var path: String
    var body: JSONValue?
    /// The call for messages: "mint a key for aura-ada-g1".
    var what: String

    /// The effect of the call. The creation of a key counts as repeatable: if its reply is lost, the key expires
    /// unused.
    var effect: CallEffect {
        switch method {
        case .get, .head: .read
        case .put, .patch, .delete, .post: .repeatable
        }
    }
}

/// Sends calls with a valid token. Limits the concurrent calls, retries reads, and classifies errors.
final class TailscaleAPI: Sendable {
    private let settings: TailscaleSettings
    private let http: any HTTPTransport
    private let time: any TimeSource
    private let random: any RandomSource
    private let log: Logger
    private let tokens: TokenCache
    private let permits: AsyncSemaphore

    /// The limit of a response. The list of devices has no pages.
    private static let responseLimitBytes = 32 << 20
    private static let readBackoff = Backoff(base: .seconds(1), cap: .seconds(60))
    private static let longestWait = Duration.seconds(30)

    init(
        settings: TailscaleSettings, http: any HTTPTransport, time: any TimeSource, random: any RandomSource,
        log: Logger
    ) {
        self.settings = settings
        self.http = http
        self.time = time
        self.random = random
        self.log = log
        tokens = TokenCache(time: time)
        permits = AsyncSemaphore(settings.maximumConcurrentRequests)
    }

    /// Sends the call and returns the response's JSON; `null` if the response has no body.
    func send(_ call: TailscaleCall) async throws(Failure) -> JSONValue {
        var attempt = 1
        while true {
            do {
                return try await sendWithToken(call)
            } catch {
                guard call.effect == .read, attempt <= settings.readRetries, Self.isWorthRepeating(error.code) else {
                    throw error
                }
                let wait = Self.readBackoff.wait(
                    attempt: attempt, unit: random.unit(), floorMilliseconds: error.retryAfterMilliseconds)
                guard wait <= Self.longestWait else { throw error }
                await LeaseGuard.willRetry(error, tries: attempt, of: settings.readRetries + 1, after: wait)
                do { try await time.sleep(for: wait) } catch { throw .cancelled(call.what) }
                attempt += 1
            }
        }
    }

    /// Sends the call. Returns `nil` if the provider reports that the resource does not exist.
    func find(_ call: TailscaleCall) async throws(Failure) -> JSONValue? {
        do {
            return try await send(call)
        } catch  where error.code == "notFound" {
            return nil
        }
    }

    private static func isWorthRepeating(_ code: String) -> Bool {
        ["rateLimited", "providerFault", "providerTimeout"].contains(code)
    }

    /// Sends the call with a token. A token can be revoked before it expires, so a refused token is replaced once.
    private func sendWithToken(_ call: TailscaleCall) async throws(Failure) -> JSONValue {
        let token = try await token()
        do {
            return try await exchange(request(call, token), what: call.what, effect: call.effect)
        } catch  where error.code == "unauthorized" {
            log.notice("the tailnet refuses the access token; getting a new one")
            tokens.invalidate(token)
            return try await exchange(request(call, try await self.token()), what: call.what, effect: call.effect)
        }
    }

    private func token() async throws(Failure) -> AccessToken {
        try await tokens.token { () async throws(Failure) -> TokenCache.Grant in
            let what = "get an access token"
            let answer = try await exchange(tokenRequest, what: what, effect: .read)
            guard let text = answer["access_token"]?.stringValue, !text.isEmpty else {
                throw Failure(
                    .transient, code: "providerAnswer", message: "cannot \(what): there is none in the answer")
            }
            let seconds = answer["expires_in"]?.doubleValue ?? 3600
            return TokenCache.Grant(text: Secret(text), lifetime: .seconds(min(max(seconds, 1), 86_400)))
        }
    }

    private func carry(_ request: HTTPRequest, _ effect: CallEffect) async throws(Failure) -> HTTPResponse {
        try LeaseGuard.check(changes: effect != .read)
        do { return try await http.send(request) } catch { throw Failure(error, effect: effect) }
    }

    private func exchange(
        _ request: HTTPRequest, what: String, effect: CallEffect
    ) async throws(Failure) -> JSONValue {
        let response = try await permits.run(what) { () async throws(Failure) -> HTTPResponse in
            try await carry(request, effect)
        }
        log.debug("tailscale call", metadata: ["what": "\(what)", "status": "\(response.status)"])
        guard (200...299).contains(response.status) else {
            let bearer = request.headers["Authorization"].map { Secret(String($0.dropFirst("Bearer ".count))) }
            throw TailscaleFailure.of(
                response, what: what, effect: effect, hiding: [settings.clientSecret] + (bearer.map { [$0] } ?? []))
        }
        guard !response.body.isEmpty else { return .null }
        do {
            return try ForeignJSON.read(response.body, limits: JSONLimits(bytes: Self.responseLimitBytes))
        } catch {
            throw Failure(
                effect.classOfLostAnswer, code: "providerAnswer",
                message: "cannot \(what): cannot read the answer: \(PlainText.clean("\(error)"))")
        }
    }
}

// MARK: requests

extension TailscaleAPI {
    private func request(_ call: TailscaleCall, _ token: AccessToken) -> HTTPRequest {
        var headers: HTTPHeaders = ["Authorization": "Bearer \(token.text.reveal())", "Accept": "application/json"]
        if call.body != nil { headers["Content-Type"] = "application/json" }
        return HTTPRequest(
            call.method, settings.endpoint + call.path, headers: headers, body: call.body?.serialized(),
            timeout: settings.requestTimeout, responseLimitBytes: Self.responseLimitBytes,
            cancellation: call.effect.cancellation)
    }

    /// The request for a token. The credentials are in the body (RFC 6749, 2.3.1), which is never logged.
    private var tokenRequest: HTTPRequest {
        let form = Query.encode([
            ("grant_type", "client_credentials"), ("client_id", settings.clientID),
            ("client_secret", settings.clientSecret.reveal()),
        ])
        return HTTPRequest(
            .post, settings.endpoint + "/oauth/token",
            headers: ["Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"],
            body: Array(form.utf8), timeout: settings.requestTimeout)
    }
}
