internal import AuraModel
internal import DriverKit
internal import DriverREST
internal import HTTPClient
internal import JSON
internal import Locking

/// The access token of the OAuth client: one for all calls, renewed before it expires.
///
/// Tokens live an hour and there are no refresh tokens (`facts/tailscale.md` §2). Callers who need one at the same time
/// share one call for it.
final class TokenCache: Sendable {
    private struct Held: Sendable {
        var token: Secret
        var renewAt: Timestamp
    }

    private let settings: TailscaleSettings
    private let http: any HTTPTransport
    private let time: any TimeSource
    private let held = Locked<Held?>(nil)
    private let flight = SingleFlight<Secret>()

    /// Renewed this long before its end, or after half of a shorter life.
    private static let margin = Duration.seconds(300)

    init(settings: TailscaleSettings, http: any HTTPTransport, time: any TimeSource) {
        self.settings = settings
        self.http = http
        self.time = time
    }

    func current() async throws(Failure) -> Secret {
        let now = time.now()
        if let present = held.withLock({ $0 }), now < present.renewAt { return present.token }
        return try await flight.run("get an access token") { () async throws(Failure) -> Secret in try await fetch() }
    }

    /// A token in place of one that the service refused; the present one where another caller was quicker.
    func replacement(for refused: Secret) async throws(Failure) -> Secret {
        held.withLock { present in
            if present?.token.reveal() == refused.reveal() { present = nil }
        }
        return try await current()
    }

    private func fetch() async throws(Failure) -> Secret {
        let form = Query.encode([
            ("client_id", settings.clientID), ("client_secret", settings.clientSecret.reveal()),
            ("grant_type", "client_credentials"),
        ])
        let request = HTTPRequest(
            .post, settings.endpoint + "/oauth/token",
            headers: ["Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"],
            body: Array(form.utf8), timeout: settings.requestTimeout)
        let answer: HTTPResponse
        do {
            answer = try await http.send(request)
        } catch {
            throw Failure(error, effect: .repeatable)
        }
        guard answer.status == 200 else {
            throw TailscaleRefusal.failure(answer, what: "get an access token for the OAuth client \(settings.clientID)")
        }
        return try keep(answer)
    }

    private func keep(_ answer: HTTPResponse) throws(Failure) -> Secret {
        let body = try? JSONValue(parsing: answer.body)
        guard let text = body?["access_token"]?.stringValue, let seconds = body?["expires_in"]?.integerValue else {
            throw Failure(
                .transient, code: "providerAnswer", message: "cannot get an access token: the tailnet's answer holds none")
        }
        let life = Duration.seconds(max(seconds, 0))
        let renewal = Held(token: Secret(text), renewAt: time.now() + max(life - Self.margin, life / 2))
        held.withLock { $0 = renewal }
        return renewal.token
    }
}
