/// A version of Stripe's API, `2026-06-24.dahlia` or, before names were added, `2024-06-20`. It selects the rendering
/// of objects.
struct StripeVersion: Sendable, Hashable {
    let text: String

    /// Parses a version. Returns `nil` for any other text.
    init?(_ text: String) {
        guard text.wholeMatch(of: #/\d{4}-\d{2}-\d{2}(\.[a-z]+)?/#) != nil else { return nil }
        self.text = text
    }

    private init(account text: String) { self.text = text }

    /// The version of the account, which calls and webhook endpoints use unless they name another.
    static let account = StripeVersion(account: "2026-06-24.dahlia")

    private var date: String { String(text.prefix(10)) }

    /// True from 2025-03-31 (Basil): the period is part of the subscription's items, and an invoice names its
    /// subscription in `parent`.
    var isBasil: Bool { date >= "2025-03-31" }

    /// True from the first Dahlia version: the values of `ui_mode` end in `_page`.
    var isDahlia: Bool { date >= "2026-03-25" }
}
