public import AuraModel
public import HTTPClient

/// What sending a call twice would mean, which decides what a lost answer means.
public enum CallEffect: Sendable, Hashable {
    /// It changes nothing.
    case read
    /// Twice leaves the same as once, such as deleting.
    case repeatable
    /// Twice may leave two things, or is refused: whoever lost the answer must look first.
    case once

    /// A call that changes something is not given up when its task is cancelled.
    public var cancellation: HTTPRequest.CancellationRule {
        switch self {
        case .read: .abort
        case .repeatable, .once: .finish
        }
    }

    /// The class of a failure after which nobody can say whether the call took effect.
    public var classOfLostAnswer: ErrorClass {
        switch self {
        case .read, .repeatable: .transient
        case .once: .ambiguous
        }
    }
}
