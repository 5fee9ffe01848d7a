import AuraModel
import DriverKit

/// Limits how often a play that failed on a machine is run again on the same machine.
///
/// The roles are idempotent: one more run costs a minute, a new machine costs five and another address. Therefore the step ends
/// only for a cause that is known to be permanent, or after a number of runs.
struct RunTries: Codable, Sendable, Hashable {
    /// Runs that failed after they began.
    var failed = 0
    /// The failed runs with an unknown cause.
    var unknown = 0

    /// The number of failed runs, of any cause, after which the step fails.
    static let limit = 8
    /// The number of failed runs with unknown causes after which the step fails: the first and two more.
    static let unknownLimit = 3

    /// Runs `body`. Counts a failure of the run, saves the count with `save`, and throws the failure as ``count(_:)``
    /// classifies it.
    static func counting<Value>(
        _ tries: inout RunTries?, _ save: (RunTries) async throws -> Void, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let failure as Failure where isOfTheRun(failure) {
            var counted = tries ?? RunTries()
            let verdict = counted.count(failure)
            tries = counted
            try await save(counted)
            throw verdict
        }
    }

    /// True if the failure counts as a failed run: the play ran, and failed or was ended at a limit. Runs that did not
    /// reach the machine or were cancelled do not count; the step's time limit bounds them.
    private static func isOfTheRun(_ failure: Failure) -> Bool {
        switch failure.code {
        case "ansibleTaskFailed", "ansibleCrashed", "ansibleError", "ansibleTimeLimit", "ansibleSilent",
            "ansibleOutput":
            true
        default: false
        }
    }

    /// Counts the failure and returns it with its class: permanent once a limit is reached, transient before.
    mutating func count(_ failure: Failure) -> Failure {
        guard failure.errorClass != .permanent else { return failure }
        failed += 1
        if failure.errorClass == .ambiguous { unknown += 1 }
        var verdict = failure
        if failed >= Self.limit || unknown >= Self.unknownLimit {
            verdict.errorClass = .permanent
            verdict.message += " (in run \(failed) on the same machine)"
        } else {
            verdict.errorClass = .transient
        }
        return verdict
    }
}
