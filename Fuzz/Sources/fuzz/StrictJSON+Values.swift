import JSON

extension StrictJSON.Node {
    /// Returns true if `other` is identical, including the order of members, the bytes of texts and the bits of
    /// numbers.
    func isIdentical(to other: JSONValue) -> Bool {
        switch (value, other) {
        case (.null, .null): true
        case (.bool(let one), .bool(let two)): one == two
        case (.integer(let one), .integer(let two)): one == two
        case (.double(let one), .double(let two)): one.bitPattern == two.bitPattern
        case (.string(let one), .string(let two)): two.utf8.elementsEqual(one)
        case (.array(let one), .array(let two)):
            one.count == two.count && zip(one, two).allSatisfy { $0.isIdentical(to: $1) }
        case (.object(let one), .object(let two)):
            one.count == two.count
                && zip(one, two.elements).allSatisfy {
                    $1.key.utf8.elementsEqual($0.name) && $0.node.isIdentical(to: $1.value)
                }
        default: false
        }
    }

    /// Returns the member of an object with this name, or `nil`.
    func member(_ name: String) -> StrictJSON.Node? {
        guard case .object(let members) = value else { return nil }
        return members.first { $0.name.elementsEqual(name.utf8) }?.node
    }

    /// The text of a string, or `nil` for other values.
    var text: [UInt8]? {
        if case .string(let text) = value { text } else { nil }
    }

    /// The elements of an array, or `nil` for other values.
    var elements: [StrictJSON.Node]? {
        if case .array(let nodes) = value { nodes } else { nil }
    }

    /// The nesting depth of arrays and objects.
    var depth: Int {
        switch value {
        case .array(let nodes): 1 + (nodes.map(\.depth).max() ?? 0)
        case .object(let members): 1 + (members.map(\.node.depth).max() ?? 0)
        case .null, .bool, .integer, .double, .outOfRange, .string: 0
        }
    }
}
