/// A regular expression of a schema.
///
/// Most patterns of schemas are whole-text matches of ASCII characters. They are compiled into a table with a row for
/// each state, so that a match reads each byte once. `Regex`, which takes 5 µs for a name of ten characters, matches
/// all other patterns.
struct Pattern: Sendable {
    private enum Matcher: @unchecked Sendable {
        case table(StateTable)
        /// The matcher of `Regex` caches its compiled form under its own lock and changes no other state.
        case expression(Regex<AnyRegexOutput>)
    }

    private let matcher: Matcher

    /// True if the pattern is compiled into a table.
    var isTable: Bool { if case .table = matcher { true } else { false } }

    /// Throws if the text is not a regular expression.
    init(_ text: String) throws {
        if let table = StateTable(text) {
            matcher = .table(table)
        } else {
            matcher = .expression(try Regex(text))
        }
    }

    /// Returns true if the expression occurs anywhere in the text, as JSON Schema defines it.
    func matches(_ text: String) -> Bool {
        switch matcher {
        case .table(let table): table.matches(text)
        case .expression(let expression): (try? expression.firstMatch(in: text)) != nil
        }
    }
}

/// A deterministic automaton over bytes, made from a pattern `^…$` of ASCII characters, classes, groups, alternatives
/// and repetitions.
struct StateTable: Sendable {
    /// The next state by state and byte; `dead` if no text with this start matches.
    private var next: [UInt16] = []
    private var accepts: [Bool] = []

    private static let dead = UInt16.max
    /// The maximum number of states. `Regex` matches a pattern that needs more.
    private static let limit = 1024

    /// Returns `nil` for patterns of another kind or with too many states.
    init?(_ pattern: String) {
        var parser = PatternParser(pattern)
        guard let expression = parser.whole() else { return nil }
        var states = NodeStates()
        let end = states.add()
        let start = states.build(expression, to: end)
        guard states.count <= Self.limit else { return nil }
        var numbers: [Set<Int>: UInt16] = [:]
        var sets: [Set<Int>] = []
        func number(_ set: Set<Int>) -> UInt16 {
            if let known = numbers[set] { return known }
            numbers[set] = UInt16(sets.count)
            sets.append(set)
            return UInt16(sets.count - 1)
        }
        _ = number(states.closure([start]))
        var index = 0
        while index < sets.count {
            guard sets.count <= Self.limit else { return nil }
            let set = sets[index]
            accepts.append(set.contains(end))
            for byte in UInt8.min...UInt8.max {
                let reached = states.closure(states.after(byte, from: set))
                next.append(reached.isEmpty ? Self.dead : number(reached))
            }
            index += 1
        }
    }

    func matches(_ text: String) -> Bool {
        var state = 0
        for byte in text.utf8 {
            let following = next[state * 256 + Int(byte)]
            if following == Self.dead { return false }
            state = Int(following)
        }
        return accepts[state]
    }
}

/// A pattern as a tree.
private indirect enum PatternNode {
    /// One of these ASCII characters.
    case characters(Set<UInt8>)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    /// At least `least` times, and at most `most` times or, for `nil`, any number of times.
    case repeated(PatternNode, least: Int, most: Int?)
}

/// Reads a pattern `^…$`. A method returns `nil` at syntax that it does not know.
private struct PatternParser {
    private let bytes: [UInt8]
    private var index = 0

    init(_ pattern: String) {
        bytes = Array(pattern.utf8)
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    mutating func whole() -> PatternNode? {
        guard take("^"), let node = alternatives(), take("$"), index == bytes.count else { return nil }
        // `^a|b$` has two anchored halves, and is not a whole match.
        if case .alternatives = node { return nil }
        return node
    }

    private mutating func alternatives() -> PatternNode? {
        var nodes: [PatternNode] = []
        repeat {
            guard let node = sequence() else { return nil }
            nodes.append(node)
        } while take("|")
        return nodes.count == 1 ? nodes[0] : .alternatives(nodes)
    }

    private mutating func sequence() -> PatternNode? {
        var nodes: [PatternNode] = []
        while let byte = current, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")"), byte != UInt8(ascii: "$") {
            guard let node = repeated() else { return nil }
            nodes.append(node)
        }
        return .sequence(nodes)
    }

    private mutating func repeated() -> PatternNode? {
        guard let node = atom() else { return nil }
        var result = node
        if take("*") {
            result = .repeated(node, least: 0, most: nil)
        } else if take("+") {
            result = .repeated(node, least: 1, most: nil)
        } else if take("?") {
            result = .repeated(node, least: 0, most: 1)
        } else if take("{") {
            guard let least = number() else { return nil }
            var most: Int? = least
            if take(",") { most = number() }
            guard take("}"), most.map({ $0 >= least && $0 <= 512 }) ?? (least <= 512) else { return nil }
            result = .repeated(node, least: least, most: most)
        }
        // Lazy and possessive marks and a second repetition are left to `Regex`.
        switch current {
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"): return nil
        default: return result
        }
    }

    private mutating func number() -> Int? {
        let start = index
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), index - start < 4 {
            index += 1
        }
        return Int(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func atom() -> PatternNode? {
        if take("(") {
            // Look-around and named groups are left to `Regex`.
            guard current != UInt8(ascii: "?"), let node = alternatives(), take(")") else { return nil }
            return node
        }
        if take("[") { return characterClass() }
        guard let byte = current, Self.isPlain(byte) else { return nil }
        index += 1
        return .characters([byte])
    }

    private mutating func characterClass() -> PatternNode? {
        var members: Set<UInt8> = []
        while let first = current, first != UInt8(ascii: "]") {
            guard first < 0x80, ![UInt8(ascii: "\\"), UInt8(ascii: "["), UInt8(ascii: "^")].contains(first) else {
                return nil
            }
            index += 1
            if current == UInt8(ascii: "-"), index + 1 < bytes.count, bytes[index + 1] != UInt8(ascii: "]") {
                let last = bytes[index + 1]
                guard last < 0x80, last >= first, last != UInt8(ascii: "\\"), last != UInt8(ascii: "[") else {
                    return nil
                }
                index += 2
                members.formUnion(first...last)
            } else {
                members.insert(first)
            }
        }
        // `&&` and `~~`, which are operators in some dialects, are plain characters here.
        return take("]") && !members.isEmpty ? .characters(members) : nil
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: ","), UInt8(ascii: " "):
            true
        default: false
        }
    }
}

/// A non-deterministic automaton. A state has any number of steps without a character (`free`), and at most one step
/// that reads a character of a set (`step`).
private struct NodeStates {
    private var free: [[Int]] = []
    private var step: [(Set<UInt8>, Int)?] = []

    var count: Int { free.count }

    mutating func add() -> Int {
        free.append([])
        step.append(nil)
        return free.count - 1
    }

    /// Adds the states of a node. Returns the state from which a match of the node leads to `end`.
    mutating func build(_ node: PatternNode, to end: Int) -> Int {
        switch node {
        case .characters(let characters):
            let start = add()
            step[start] = (characters, end)
            return start
        case .sequence(let nodes):
            return nodes.reversed().reduce(end) { build($1, to: $0) }
        case .alternatives(let nodes):
            let start = add()
            free[start] = nodes.map { build($0, to: end) }
            return start
        case .repeated(let node, let least, let most):
            var start = end
            if let most {
                for _ in least..<most {
                    let optional = add()
                    free[optional] = [build(node, to: start), end]
                    start = optional
                }
            } else {
                let loop = add()
                free[loop] = [build(node, to: loop), end]
                start = loop
            }
            for _ in 0..<least { start = build(node, to: start) }
            return start
        }
    }

    /// Returns `states` and all states that are reached from them without a character.
    func closure(_ states: Set<Int>) -> Set<Int> {
        var found = states
        var open = Array(states)
        while let state = open.popLast() {
            for next in free[state] where found.insert(next).inserted { open.append(next) }
        }
        return found
    }

    func after(_ byte: UInt8, from states: Set<Int>) -> Set<Int> {
        Set(
            states.compactMap { state in
                step[state].flatMap { $0.0.contains(byte) ? $0.1 : nil }
            })
    }
}
