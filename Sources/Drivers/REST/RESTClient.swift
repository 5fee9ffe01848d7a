public import AuraModel
internal import DriverKit
public import HTTPClient
public import JSON
internal import Locking
public import Logging

/// Sends the calls of one provider's REST API and returns their JSON, or throws a `Failure`.
///
/// A driver describes its provider with ``RESTSettings`` and one closure, which reads the provider's errors:
///
///     let client = RESTClient(
///         settings: RESTSettings(
///             name: "post", endpoint: "https://api.post.example/v1", authentication: .bearer(token),
///             retriedCodes: ["rateLimited", "providerTimeout"], missingCode: "notFound"),
///         http: http, time: time, random: random, log: log
///     ) { refusal in
///         let text = refusal.body?["message"]?.stringValue ?? refusal.statusText
///         return Failure(
///             refusal.status == 429 ? .transient : .permanent,
///             code: refusal.status == 429 ? "rateLimited" : refusal.status == 404 ? "notFound" : "refused",
///             message: "cannot \(refusal.call.what): \(refusal.clean(text))")
///     }
///     let call = RESTCall(.post, "/letters", body: .json(["to": "ada"]), what: "send a letter to ada")
///     let letter = try await client.send(call, as: Letter.self)
///
/// Each try runs in this order:
///
///     access token ── rate limit ── permit ── lease guard ── request ── 401: once more with a new token
///                                                                   ├── 2xx: its JSON
///                                                                   └── other status: the closure's failure
///
/// - Only reads are retried, after ``RESTSettings/retriedCodes``. The wait has jitter, doubles with each try, and is at
///   least as long as the provider requested.
/// - A call whose response is lost, or has status 2xx and is not the expected JSON, fails with the class of its
///   ``CallEffect``. The body alone decides, not its `Content-Type`.
/// - Redirects are not followed. A response with status 3xx is an error response.
/// - If the task is cancelled before the request is sent, the call fails with the code `cancelled`.
/// - Messages contain no secret of ``RESTSettings/authentication``.
public final class RESTClient: Sendable {
    private let settings: RESTSettings
    private let http: any HTTPTransport
    private let rateLimit: (any RESTRateLimit)?
    private let time: any TimeSource
    private let random: any RandomSource
    private let log: Logger
    private let failure: @Sendable (RESTRefusal) -> Failure
    private let tokens: TokenCache
    private let permits: AsyncSemaphore

    private static let backoff = Backoff(base: .seconds(1), cap: .seconds(60))
    /// The maximum number of pages. A longer listing is treated as a fault of the provider.
    private static let maximumPages = 2000

    /// Creates a client. `failure` returns the failure for an error response. The client adds the wait of `Retry-After`
    /// and the correlation id if the failure has none.
    public init(
        settings: RESTSettings, http: any HTTPTransport, rateLimit: (any RESTRateLimit)? = nil, time: any TimeSource,
        random: any RandomSource, log: Logger, failure: @escaping @Sendable (RESTRefusal) -> Failure
    ) {
        self.settings = settings
        self.http = http
        self.rateLimit = rateLimit
        self.time = time
        self.random = random
        self.log = log
        self.failure = failure
        tokens = TokenCache(time: time)
        permits = AsyncSemaphore(settings.maximumConcurrentRequests)
    }

    /// Sends the call and returns the response's JSON; `null` if the response has no body.
    @discardableResult
    public func send(_ call: RESTCall) async throws(Failure) -> JSONValue {
        try await retrying(call) { $0 }
    }

    /// Sends the call and decodes the response as `Answer`.
    public func send<Answer: Decodable>(_ call: RESTCall, as: Answer.Type) async throws(Failure) -> Answer {
        try await retrying(call) { try JSONValueDecoder(rootName: "answer").decode(Answer.self, from: $0) }
    }

    /// Sends the call. Returns `nil` if the provider reports that the resource does not exist.
    @discardableResult
    public func find(_ call: RESTCall) async throws(Failure) -> JSONValue? {
        do {
            return try await send(call)
        } catch  where error.code == settings.missingCode {
            return nil
        }
    }

    /// Sends the call and decodes the response as `Answer`. Returns `nil` if the provider reports that the resource
    /// does not exist.
    public func find<Answer: Decodable>(_ call: RESTCall, as: Answer.Type) async throws(Failure) -> Answer? {
        do {
            return try await send(call, as: Answer.self)
        } catch  where error.code == settings.missingCode {
            return nil
        }
    }

    /// Reads all pages of a listing and passes each to `take`. Throws if a page is selected twice, or after 2,000
    /// pages.
    ///
    /// - Parameters:
    ///   - call: the call of the first page, without the item that selects a page.
    ///   - parameter: the name of the query's item that selects a page: "page", "cursor", "starting_after".
    ///   - first: the value that selects the first page; `nil` if the first request has no such item.
    ///   - take: returns the value that selects the next page; `nil` after the last page.
    public func pages<Page: Decodable>(
        _ call: RESTCall, parameter: String, first: String? = nil, _ take: (Page) throws(Failure) -> String?
    ) async throws(Failure) {
        var selection = first
        var seen: Set<String> = []
        for _ in 1...Self.maximumPages {
            var part = call
            if let selection {
                guard seen.insert(selection).inserted else { break }
                part.query.append((parameter, selection))
            }
            selection = try take(try await send(part, as: Page.self))
            if selection == nil { return }
        }
        throw Failure(.transient, code: "providerAnswer", message: "cannot \(call.what): the pages have no end")
    }
}

// MARK: - Tries

extension RESTClient {
    /// Sends the call, and repeats a read while tries and `longestRetryWait` allow it.
    private func retrying<Answer>(
        _ call: RESTCall, _ decode: (JSONValue) throws -> Answer
    ) async throws(Failure) -> Answer {
        var tries = 1
        while true {
            do {
                return try await sendOnce(call, decode)
            } catch {
                guard call.effect == .read, tries <= settings.readRetries, settings.retriedCodes.contains(error.code)
                else { throw error }
                let wait = Self.backoff.wait(
                    attempt: tries, unit: random.unit(), floorMilliseconds: error.retryAfterMilliseconds)
                guard wait <= settings.longestRetryWait else { throw error }
                await LeaseGuard.willRetry(error, tries: tries, of: settings.readRetries + 1, after: wait)
                do { try await time.sleep(for: wait) } catch { throw .cancelled(call.what) }
                tries += 1
            }
        }
    }

    /// Sends the call with a token. If an access token gets status 401, sends the call once more with a new one.
    private func sendOnce<Answer>(
        _ call: RESTCall, _ decode: (JSONValue) throws -> Answer
    ) async throws(Failure) -> Answer {
        switch settings.authentication {
        case .bearer(let credential):
            let token = try await credential.open()
            return try read(try await exchange(call, token), to: call, hiding: [token], decode)
        case .clientCredentials(let path, let id, let credential):
            let secret = try await credential.open()
            var token = try await accessToken(path, id, secret)
            var response = try await exchange(call, token.text)
            if response.status == 401 {
                log.notice("\(settings.name) refuses the access token; getting a new one")
                tokens.invalidate(token)
                token = try await accessToken(path, id, secret)
                response = try await exchange(call, token.text)
            }
            return try read(response, to: call, hiding: [secret, token.text], decode)
        }
    }

    /// Returns a valid access token. The credentials are in the body of the request (RFC 6749, 2.3.1), which is never
    /// logged.
    private func accessToken(_ path: String, _ id: String, _ secret: Secret) async throws(Failure) -> AccessToken {
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret.reveal())]
        let call = RESTCall(.post, path, body: .form(form), what: TokenCache.what, effect: .read)
        return try await tokens.token { () async throws(Failure) -> TokenCache.Grant in
            let answer = try read(try await exchange(call, nil), to: call, hiding: [secret]) { $0 }
            guard let text = answer["access_token"]?.stringValue, !text.isEmpty else {
                throw Failure(
                    .transient, code: "providerAnswer", message: "cannot \(call.what): there is none in the answer")
            }
            let seconds = answer["expires_in"]?.doubleValue ?? 3600
            return TokenCache.Grant(text: Secret(text), lifetime: .seconds(min(max(seconds, 1), 86_400)))
        }
    }

    /// Sends one request, within the rate limit and the limit of concurrent requests.
    private func exchange(_ call: RESTCall, _ token: Secret?) async throws(Failure) -> HTTPResponse {
        try await rateLimit?.reserve(call)
        let result: Result<HTTPResponse, HTTPError>
        do {
            result = try await permits.run(call.what) { () async throws(Failure) -> Result<HTTPResponse, HTTPError> in
                try LeaseGuard.check(changes: call.effect != .read)
                return await carry(call.request(settings, token: token))
            }
        } catch {
            rateLimit?.settle(.notSent)
            throw error
        }
        switch result {
        case .success(let response):
            rateLimit?.settle(.answered(response.headers))
            log.debug(
                "\(settings.name) call",
                metadata: ["what": "\(call.what)", "call": "\(call)", "status": "\(response.status)"])
            return response
        case .failure(let error):
            rateLimit?.settle(error.mayHaveBeenSent ? .lost : .notSent)
            throw Failure(error, effect: call.effect)
        }
    }

    private func carry(_ request: HTTPRequest) async -> Result<HTTPResponse, HTTPError> {
        do { return .success(try await http.send(request)) } catch { return .failure(error) }
    }

    /// Returns the content of a response, or throws its failure.
    private func read<Answer>(
        _ response: HTTPResponse, to call: RESTCall, hiding secrets: [Secret], _ decode: (JSONValue) throws -> Answer
    ) throws(Failure) -> Answer {
        let correlationID = settings.correlationHeader.flatMap { response.headers[$0] }
            .map { PlainText.clean($0, hiding: secrets, limitBytes: 100) }
        guard (200...299).contains(response.status) else {
            let refusal = RESTRefusal(response, to: call, hiding: secrets)
            var failure = failure(refusal)
            failure.correlationID = failure.correlationID ?? correlationID
            failure.retryAfterMilliseconds = failure.retryAfterMilliseconds ?? refusal.retryAfterMilliseconds
            throw failure
        }
        do {
            guard !response.body.isEmpty else { return try decode(.null) }
            return try decode(
                try ForeignJSON.read(response.body, limits: JSONLimits(bytes: settings.responseLimitBytes)))
        } catch {
            throw Failure(
                call.effect.classOfLostAnswer, code: "providerAnswer",
                message: "cannot \(call.what): cannot read the answer: \(PlainText.clean("\(error)", hiding: secrets))",
                correlationID: correlationID)
        }
    }
}
