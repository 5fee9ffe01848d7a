import ArgumentParser
import AuraAPI

/// The start of a watch, as given on the command line.
enum WatchBounds {
    /// Parses `now`, `start` or a `seq`.
    @Sendable static func start(_ text: String) throws -> SubscriptionStart {
        switch text {
        case "now": return .now
        case "start": return .start
        default:
            guard let seq = Int64(text), seq >= 0 else {
                throw ValidationError(
                    "cannot begin at \"\(text)\": give now, start or a seq (a whole number, 0 or more)")
            }
            return .after(seq)
        }
    }
}
