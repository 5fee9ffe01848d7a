public import AuraModel
public import HTTPClient

/// The rate limit of a provider, as the client counts it.
///
///     reserve ── waits ──▶ the request is sent ──▶ settle(answered or lost)
///                     └──▶ the request is not sent ──▶ settle(notSent)
public protocol RESTRateLimit: Sendable {
    /// Reserves one request and waits until it may be sent. Throws if the wait would be too long or if the task is
    /// cancelled. Nothing is reserved then.
    func reserve(_ call: RESTCall) async throws(Failure)

    /// Ends a reservation.
    func settle(_ outcome: RESTOutcome)
}

/// The outcome of one request for the rate limit.
public enum RESTOutcome: Sendable {
    /// The provider did not get the request.
    case notSent
    /// The request may have been sent, and there is no response.
    case lost
    /// There is a response, with any status and with these headers.
    case answered(HTTPHeaders)
}
