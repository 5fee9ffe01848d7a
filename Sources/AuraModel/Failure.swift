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

/// The cause that must be removed before a permanently refused call can succeed. Drivers derive it from the provider's
/// error code.
public enum Concern: String, Sendable, Hashable, Codable {
    /// This location or type: another one may do.
    case candidate
    /// The provider's project or network: its limits, its standing, or an approval that only its administrator gives.
    case project
    /// The token or client with which the provider was asked.
    case token
    /// The host that the daemon runs on.
    case host
}

/// The reaction to a failure. ``Failure/reaction`` is the single table that maps failures to reactions, for calls and
/// for the provider's actions.
public enum Reaction: Sendable, Hashable {
    /// Try the same again after a while.
    case retry
    /// Look whether it happened, then go on from there.
    case lookFirst
    /// Try the next location or type.
    case nextCandidate
    /// An operator must repair the cause first: keep the resources that exist, raise an alert, and retry rarely.
    case park
    /// The request itself is wrong: give up.
    case giveUp
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
    /// What has to change first, or `nil` if the request itself is refused or the cause is not known.
    public var concern: Concern?

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

    /// What is done about it.
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

    /// Why a job ended that a destroy took over from.
    public static let superseded = Failure(.permanent, code: "superseded", message: "a destroy took over")
}
