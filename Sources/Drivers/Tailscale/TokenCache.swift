internal import AuraModel
internal import DriverREST
internal import Locking

/// An OAuth access token and until when it is used.
struct AccessToken: Sendable {
    /// Tells one token from the next, since secrets are not compared.
    var serial: Int
    var text: Secret
    var until: Timestamp
}

/// The access token, fetched when it is first needed, a while before it expires, and when the provider refuses it.
///
/// Those who need one at the same time share one fetch.
final class TokenCache: Sendable {
    private struct State {
        var token: AccessToken?
        var lastSerial = 0
    }

    /// What the provider gave: the token and how long it lives.
    struct Grant: Sendable {
        var text: Secret
        var lifetime: Duration
    }

    private let time: any TimeSource
    private let state = Locked(State())
    private let flight = SingleFlight<AccessToken>()

    init(time: any TimeSource) {
        self.time = time
    }

    /// A token that is good for a while, from the cache or from `fetch`.
    func token(_ fetch: () async throws(Failure) -> Grant) async throws(Failure) -> AccessToken {
        if let token = current { return token }
        return try await flight.run("get an access token") { () async throws(Failure) -> AccessToken in
            // Between the look above and the flight, another one may have landed.
            if let token = current { return token }
            return keep(try await fetch())
        }
    }

    /// The provider refused this token; a newer one stays.
    func invalidate(_ token: AccessToken) {
        state.withLock { state in
            if state.token?.serial == token.serial { state.token = nil }
        }
    }

    private var current: AccessToken? {
        let now = time.now()
        return state.withLock { state in state.token.flatMap { $0.until > now ? $0 : nil } }
    }

    /// Renewed five minutes early, or after four fifths of a shorter life.
    private func keep(_ grant: Grant) -> AccessToken {
        let margin = min(Duration.seconds(300), grant.lifetime / 5)
        let until = time.now() + (grant.lifetime - margin)
        return state.withLock { state in
            state.lastSerial += 1
            let token = AccessToken(serial: state.lastSerial, text: grant.text, until: until)
            state.token = token
            return token
        }
    }
}
