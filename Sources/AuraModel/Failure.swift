/// What can be done about an error.
public enum ErrorClass: String, Sendable, Hashable, Codable {
    /// The same call may succeed later: retry with backoff.
    case transient
    /// No room here: try the next location or type, then wait long.
    case capacity
    /// Repeating changes nothing: stop, and say the cause's own words.
    case permanent
    /// The effect may have happened: look before doing it again.
    case ambiguous
}

/// Why a job or a step did not succeed, in words that are safe to send.
public struct Failure: Sendable, Hashable, Codable, Error {
    /// What can be done about it.
    public var errorClass: ErrorClass
    /// A stable text for programs: the provider's own code where there is one.
    public var code: String
    /// For people: the cause's own words. Never a secret.
    public var message: String
    /// The provider's id of the failed call, for its support.
    public var correlationID: String?
    /// How long the provider asks to wait, in milliseconds.
    public var retryAfterMilliseconds: Int64?

    public init(
        _ errorClass: ErrorClass, code: String, message: String, correlationID: String? = nil,
        retryAfterMilliseconds: Int64? = nil
    ) {
        self.errorClass = errorClass
        self.code = code
        self.message = message
        self.correlationID = correlationID
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }

    /// The code of a call that was turned away since its token is not valid: nothing came of it.
    public static let unauthorizedCode = "unauthorized"

    /// Why a job ended that a destroy took over from.
    public static let superseded = Failure(.permanent, code: "superseded", message: "a destroy took over")
}
