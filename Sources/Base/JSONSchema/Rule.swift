import JSON
import OrderedCollections

/// A compiled schema. It refers to other schemas by their index in the set.
struct Rule: Sendable {
    /// The accepted JSON types, by the names of the specification. Empty if all types are accepted.
    var types: [String] = []
    var choices: [JSONValue]?
    var pattern: Pattern?
    var length: ClosedRange<Int>?
    var range: ClosedRange<Double>?
    var count: ClosedRange<Int>?
    var items: Int?
    var properties: OrderedDictionary<String, Int> = [:]
    var required: [String] = []
    var isClosed = false
    var alternatives: [Int] = []
    var reference: Int?
    /// A description of valid values, from `x-expected`.
    var expected: String?
}

/// A regular expression. Its matcher caches its compiled form under its own lock and changes no other state.
struct Pattern: @unchecked Sendable {
    private let expression: Regex<AnyRegexOutput>

    init(_ text: String) throws {
        expression = try Regex(text)
    }

    /// Returns true if the expression occurs anywhere in the text, as JSON Schema defines it.
    func matches(_ text: String) -> Bool {
        (try? expression.firstMatch(in: text)) != nil
    }
}
