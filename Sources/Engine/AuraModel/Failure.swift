/// The class of an error, which determines the reaction.
public enum ErrorClass: String, Sendable, Hashable, Codable {
    /// The same call may succeed later. Retry with backoff.
    case transient
    /// The provider has no capacity. Try the next location or type; after the last one, retry with a long backoff.
    case capacity
    /// A retry changes nothing. Stop, and report the error message.
    case permanent
    /// The effect may have happened. Check for it before the next try.
    case ambiguous
}

/// The cause that must be removed before a permanently refused call can succeed. Drivers derive it from the provider's
/// error code.
public enum Concern: String, Sendable, Hashable, Codable {
    /// The requested location or server type. A call with another location or type may succeed.
    case candidate
    /// The provider's project or network: its limits, its status, or an approval that only its administrator can give.
    case project
    /// The token or client of the request.
    case token
    /// The host that the daemon runs on.
    case host
}

/// The reaction to a failure. ``Failure/reaction`` is the single table that maps failures to reactions, both for API
/// calls and for the asynchronous actions that a provider runs after a call.
public enum Reaction: Sendable, Hashable {
    /// Retry the same call after a backoff.
    case retry
    /// Check whether the effect happened, then continue from there.
    case lookFirst
    /// Try the next location or type.
    case nextCandidate
    /// An operator must repair the cause first: keep the resources that exist, raise an alert, and retry rarely.
    case park
    /// The request itself is refused: give up.
    case giveUp
}

/// The reason why a job or a step did not succeed. Its text is safe to send to clients.
public struct Failure: Sendable, Hashable, Codable, Error {
    /// The class of the error.
    public var errorClass: ErrorClass
    /// A stable text for programs: the provider's own code if there is one.
    public var code: String
    /// The error message, for people: the text of the provider or tool if it reported one. Never contains a secret.
    public var message: String
    /// The id that the provider gave the failed call, to quote to its support.
    public var correlationID: String?
    /// The wait that the provider requested, in milliseconds.
    public var retryAfterMilliseconds: Int64?
    /// The cause that must be removed before a call can succeed; `nil` if it is the request itself, or not known.
    public var concern: Concern?

    /// Creates a failure.
    public init(
        _ errorClass: ErrorClass, code: String, message: String, correlationID: String? = nil,
        retryAfterMilliseconds: Int64? = nil, concern: Concern? = nil
    ) {
        self.errorClass = errorClass
        self.code = code
        self.message = message
        self.correlationID = correlationID
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.concern = concern
    }

    /// The reaction to this failure.
    public var reaction: Reaction {
        switch errorClass {
        case .transient: .retry
        case .ambiguous: .lookFirst
        case .capacity: .nextCandidate
        case .permanent:
            switch concern {
            case .candidate: .nextCandidate
            case .project, .token, .host: .park
            case nil: .giveUp
            }
        }
    }

    /// The failure of a job that a destroy superseded.
    public static let superseded = Failure(.permanent, code: "superseded", message: "a destroy took over")
}
