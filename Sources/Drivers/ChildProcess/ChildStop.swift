internal import Locking

/// Set once per run: to the reason why the child must be ended, or to `nil` when the child ended by itself.
typealias ChildStop = OneShot<ChildProcess.Ending?>

extension OneShot where Value == ChildProcess.Ending? {
    /// The reason why the child is ended; `nil` if it is not ended.
    var reason: ChildProcess.Ending? { current ?? nil }

    /// Returns true if the child must be ended. Returns false when it ended by itself or when the task is cancelled.
    func isNeeded() async -> Bool { (await valueUnlessCancelled() ?? nil) != nil }
}
