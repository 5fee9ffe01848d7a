/// What the faults that matched one call want of it.
struct Interference: Sendable {
    /// How the answer is brought to the caller.
    enum Delivery: Sendable, Equatable {
        case whole
        /// The connection is closed without an answer.
        case dropped
        /// The head promises more bytes than come.
        case truncated
        /// The body comes in small pieces over that many seconds.
        case trickled(seconds: Double)
    }

    /// Stands in for the handler's answer.
    var answer: Answer?
    /// Whether the handler runs all the same.
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
    /// What befalls actions, each once: for one command, or for the first that comes.
    private(set) var fates: [Fate] = []

    /// What befalls an action.
    struct Fate: Sendable {
        var command: String?
        var failure: Action.Failure?
        var isStuck = false
        var extraSeconds = 0.0
    }

    /// Adds a fate.
    mutating func add(_ fate: Fate) { fates.append(fate) }

    /// Gives a new action the fate that is meant for it.
    mutating func shape(_ action: inout Action) {
        let command = action.command.rawValue
        guard let place = fates.firstIndex(where: { $0.command == nil || $0.command == command }) else { return }
        let fate = fates.remove(at: place)
        action.failure = fate.failure
        action.isStuck = fate.isStuck
        action.extraSeconds = fate.extraSeconds
    }
}
