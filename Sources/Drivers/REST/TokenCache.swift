internal import AuraModel
internal import Locking

/// An OAuth access token and the time until which it is used.
struct AccessToken: Sendable {
    /// A number that distinguishes tokens, because secrets cannot be compared.
    var serial: Int
    var text: Secret
    var until: Timestamp
}

/// Caches the access token. A call fetches a new one if there is none, if it soon expires, or after the provider
/// refused it.
///
/// Concurrent callers share one fetch.
final class TokenCache: Sendable {
    private struct State {
        var token: AccessToken?
        var lastSerial = 0
    }

    /// The fetch of a token, for messages.
    static let what = "get an access token"

    /// The provider's reply: the token and its lifetime.
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

    /// Returns a valid token, from the cache or from `fetch`.
    func token(_ fetch: () async throws(Failure) -> Grant) async throws(Failure) -> AccessToken {
        if let token = current { return token }
        return try await flight.run(Self.what) { () async throws(Failure) -> AccessToken in
            // Another caller may have fetched a token since the check above.
            if let token = current { return token }
            return keep(try await fetch())
        }
    }

    /// Removes a token that the provider refused. A newer token stays.
    func invalidate(_ token: AccessToken) {
        state.withLock { state in
            if state.token?.serial == token.serial { state.token = nil }
        }
    }

    private var current: AccessToken? {
        let now = time.now()
        return state.withLock { state in state.token.flatMap { $0.until > now ? $0 : nil } }
    }

    /// Stores a token. It is used until five minutes before its expiry, or for four fifths of its lifetime if that is
    /// longer.
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
