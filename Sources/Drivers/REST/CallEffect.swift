public import AuraModel
public import HTTPClient

/// The effect of sending a call twice. It determines the class of a failure after a lost reply.
public enum CallEffect: Sendable, Hashable {
    /// The call changes nothing.
    case read
    /// Sending the call twice has the same effect as sending it once, for example a deletion.
    case repeatable
    /// Sending the call twice may create two resources, or the second call fails. After a lost reply the caller must
    /// check first.
    case once

    /// Creates the usual effect of a method. A `POST` usually creates something.
    init(of method: HTTPMethod) {
        switch method {
        case .get, .head: self = .read
        case .put, .patch, .delete: self = .repeatable
        case .post: self = .once
        }
    }

    /// The rule for cancelled tasks: a call that changes something is completed, a read is aborted.
    public var cancellation: HTTPRequest.CancellationRule {
        switch self {
        case .read: .abort
        case .repeatable, .once: .finish
        }
    }

    /// The class of a failure after which it is unknown whether the call had its effect.
    public var classOfLostAnswer: ErrorClass {
        switch self {
        case .read, .repeatable: .transient
        case .once: .ambiguous
        }
    }
}
