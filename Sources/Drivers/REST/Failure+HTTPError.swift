public import AuraModel
public import HTTPClient

extension Failure {
    /// Creates the failure of a call without a usable response.
    ///
    /// Codes: `providerUnreachable` (nothing was sent), `providerTimeout`, `providerConnectionLost`, `providerAnswer`
    /// (not HTTP, or too long), `overloaded`, `shutDown`, `cancelled`, `invalidRequest`.
    public init(_ error: HTTPError, effect: CallEffect) {
        let lost = error.mayHaveBeenSent ? effect.classOfLostAnswer : .transient
        switch error.code {
        case .invalidRequest, .addressRefused:
            self.init(.permanent, code: "invalidRequest", message: error.message)
        case .overloaded: self.init(.transient, code: "overloaded", message: error.message)
        case .closed: self.init(lost, code: "shutDown", message: error.message)
        case .notSent, .tls: self.init(lost, code: "providerUnreachable", message: error.message)
        case .timedOut: self.init(lost, code: "providerTimeout", message: error.message)
        case .connectionLost: self.init(lost, code: "providerConnectionLost", message: error.message)
        case .tooLarge, .invalidResponse: self.init(lost, code: "providerAnswer", message: error.message)
        case .cancelled: self.init(lost, code: "cancelled", message: error.message)
        }
    }

    /// Returns the failure of a call that was cancelled before it was sent. `what` describes the call, such as "list
    /// servers".
    public static func cancelled(_ what: String) -> Failure {
        Failure(.transient, code: "cancelled", message: "cannot \(what): the task was cancelled before it was sent")
    }
}
