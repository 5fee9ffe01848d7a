/// The effects of faults on one call.
struct Interference: Sendable {
    /// The delivery of the response.
    enum Delivery: Sendable, Equatable {
        case whole
        /// The connection is closed without a response.
        case dropped
        /// The head announces more bytes than the sandbox sends.
        case truncated
        /// The body is sent in small pieces over this many seconds.
        case trickled(seconds: Double)
    }

    /// The response that replaces the handler's response.
    var answer: Answer?
    /// Whether the handler runs.
    var hasEffect = true
    var delivery = Delivery.whole
    var delaySeconds = 0.0
    var staleSeconds: Double?
    var emptiesList = false
    var addsUnknownFields = false
    var writesOffsets = false
    var traits = Server.Traits()
    var vanishSeconds: Double?
    var deviceDelaySeconds: Double?
    var expiresTokens = false
    /// The forced outcomes of actions. Each applies once: to one command, or to the first new action if it names no
    /// command.
    private(set) var outcomes: [ForcedOutcome] = []

    /// A forced outcome of an action.
    struct ForcedOutcome: Sendable {
        var command: String?
        var failure: Action.Failure?
        var isStuck = false
        var extraSeconds = 0.0
    }

    /// Adds a forced outcome.
    mutating func add(_ outcome: ForcedOutcome) { outcomes.append(outcome) }

    /// Applies the first matching outcome to a new action.
    mutating func apply(to action: inout Action) {
        let command = action.command.rawValue
        guard let place = outcomes.firstIndex(where: { $0.command == nil || $0.command == command }) else { return }
        let outcome = outcomes.remove(at: place)
        action.failure = outcome.failure
        action.isStuck = outcome.isStuck
        action.extraSeconds = outcome.extraSeconds
    }
}
