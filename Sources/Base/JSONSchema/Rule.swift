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
