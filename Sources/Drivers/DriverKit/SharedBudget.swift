/// The rate limit of a provider's project, counted by all daemons together.
public protocol SharedBudget: Sendable {
    /// Takes a number of calls from the budget. `seen` is the limit, the remaining calls and the refill rate from the
    /// provider's newest rate headers, or `nil` if no response arrived since the last call of this method. Returns
    /// `nil` if the shared count is not available; the caller then uses its own count.
    func take(seen: (limit: Double, remaining: Double, callsPerSecond: Double)?) async -> BudgetLot?
}

/// The reply of a ``SharedBudget``.
public enum BudgetLot: Sendable, Hashable {
    /// The daemon may send this number of calls.
    case calls(Int)
    /// No calls are left; ask again after this time.
    case wait(Duration)
}
