/// No conclusion from one answer: what would cost a machine is believed only after several looks in a row that agree.
///
/// The reconciler has the same rule for listings (``ReconcilerSettings/listingsNeeded``).
enum TwoLooks {
    static let needed = 2
    static let apart = Duration.seconds(5)

    /// Counts a look that says so. Returns true once enough of them have said so; `nil` counts as none.
    static func isConfirmed(_ looks: inout Int?) -> Bool {
        looks = (looks ?? 0) + 1
        return looks ?? 0 >= needed
    }
}
