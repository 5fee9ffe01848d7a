/// The calls that a provider's project has left, counted by all daemons together.
public protocol SharedBudget: Sendable {
    /// Takes a lot of calls. `seen` is what the provider said since the last time: its limit, what is left of it, and how fast
    /// it refills, in calls a second. None where the count cannot be asked now; whoever called then goes by its own count.
    func take(seen: (limit: Double, remaining: Double, callsPerSecond: Double)?) async -> BudgetLot?
}

/// What a daemon may do for now.
public enum BudgetLot: Sendable, Hashable {
    /// Send so many calls.
    case calls(Int)
    /// Ask again after this time.
    case wait(Duration)
}
