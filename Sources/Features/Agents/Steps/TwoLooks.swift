/// Confirms an observation that would cost a machine: it counts only after ``needed`` consecutive checks that agree.
///
/// The reconciler has the same rule for listings (``ReconcilerSettings/listingsNeeded``).
enum TwoLooks {
    static let needed = 2
    static let apart = Duration.seconds(5)

    /// Counts one more check with the same result; `nil` is zero. Returns true once ``needed`` checks in a row had it.
    static func isConfirmed(_ looks: inout Int?) -> Bool {
        looks = (looks ?? 0) + 1
        return looks ?? 0 >= needed
    }
}
