import JSON
import OrderedCollections

/// A schema, ready to be checked. Others stand in it by their index in the set.
struct Rule: Sendable {
    /// The kinds of JSON that it takes, by the names of the specification; all where there are none.
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
    /// What a value has to be, in words.
    var expected: String?
}

/// A regular expression. Its matcher keeps what it compiled, with a lock of its own, and changes nothing else.
struct Pattern: @unchecked Sendable {
    private let expression: Regex<AnyRegexOutput>

    init(_ text: String) throws {
        expression = try Regex(text)
    }

    /// Whether it is found anywhere in the text, as JSON Schema means it.
    func matches(_ text: String) -> Bool {
        (try? expression.firstMatch(in: text)) != nil
    }
}
