/// `sort=field[:asc|:desc]`, repeatable; the first field has the highest priority.
struct SortOrder<Element>: Sendable {
    /// Returns true if the left element is first in ascending order.
    typealias Ascending = @Sendable (Element, Element) -> Bool

    private let steps: [(before: Ascending, descending: Bool)]

    /// Parses the `sort` parameters of a call. Throws 422 for a field that is not in `fields`.
    init(_ call: Call, _ fields: [String: Ascending]) throws {
        steps = try call.all("sort").map { text in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let direction = parts.count > 1 ? parts[1] : "asc"
            guard parts.count <= 2, ["asc", "desc"].contains(direction), let before = fields[String(parts[0])] else {
                throw APIError.invalid("sort", "cannot sort by '\(text)'")
            }
            return (before, direction == "desc")
        }
    }

    /// Returns the elements in the requested order, or unchanged if the call requests none.
    func apply(_ elements: [Element]) -> [Element] {
        guard !steps.isEmpty else { return elements }
        return elements.sorted { left, right in
            for step in steps {
                let (first, second) = step.descending ? (right, left) : (left, right)
                if step.before(first, second) { return true }
                if step.before(second, first) { return false }
            }
            return false
        }
    }
}
