import JSON

@testable import JSONRPC

/// A message by the specification (https://www.jsonrpc.org/specification), parsed by the second JSON parser.
enum ExpectedMessage {
    case refused
    case single(ExpectedItem)
    case batch([ExpectedItem])

    init(_ bytes: [UInt8], _ limits: RPCLimits) {
        guard let (root, outOfRange) = StrictJSON.read(bytes, depth: limits.depth) else {
            self = .refused
            return
        }
        let items = root.elements ?? [root]
        // Ids are echoed and not interpreted, so their numbers may have any size.
        let ids = Set(items.flatMap { ExpectedItem.ids(of: $0) })
        // A parameter that is out of range is an error of its call, not of the message.
        let parameters = items.compactMap { $0.member("params")?.span }
        let others = outOfRange.filter { span in
            !ids.contains(span) && !parameters.contains { $0.contains(span.lowerBound) }
        }
        if items.count > limits.batchItems || !others.isEmpty {
            self = .refused
        } else if root.elements == nil {
            self = .single(ExpectedItem(root, bytes))
        } else {
            let expected = items.map { ExpectedItem($0, bytes) }
            self = items.isEmpty ? .single(.invalid(id: Array("null".utf8))) : .batch(expected)
        }
    }
}

/// An item of a message: a request or an invalid item.
enum ExpectedItem {
    case invalid(id: [UInt8])
    case request(id: [UInt8]?, method: [UInt8], params: StrictJSON.Node?, cancels: [UInt8]?)

    /// The `idBytes` of `system.limits`.
    private static let longestID = 256

    init(_ node: StrictJSON.Node, _ bytes: [UInt8]) {
        let raw = { (node: StrictJSON.Node) in Array(bytes[node.span]) }
        let given = node.member("id")
        let isLegal = given.map { $0.isScalar && $0.span.count <= Self.longestID } ?? true
        let id = isLegal ? given.map(raw) : nil
        guard isLegal, node.member("jsonrpc")?.text?.elementsEqual("2.0".utf8) == true,
            let method = node.member("method")?.text, node.member("params")?.isStructured ?? true
        else {
            self = .invalid(id: id ?? Array("null".utf8))
            return
        }
        let params = node.member("params")
        let cancelled = Self.isCancel(node) ? params?.member("id") : nil
        self = .request(
            id: id, method: method, params: params,
            cancels: cancelled.flatMap { $0.span.count > Self.longestID ? nil : raw($0) })
    }

    /// Returns true if `item` is the expected one, with its ids byte for byte.
    func fits(_ item: Item) -> Bool {
        switch (self, item) {
        case (.invalid(let id), .invalid(let given, _)): return given.raw.utf8.elementsEqual(id)
        case (.request(let id, let method, let params, let cancels), .request(let given)):
            return given.id.map { Array($0.raw.utf8) } == id && given.method.utf8.elementsEqual(method)
                && given.cancels.map { Array($0.raw.utf8) } == cancels
                && Self.fit(params, given.params, cancels, given.outOfRange)
        default: return false
        }
    }

    private static func fit(_ params: StrictJSON.Node?, _ given: JSONValue?, _ cancels: [UInt8]?, _ outOfRange: String?)
        -> Bool
    {
        // The decoder may have replaced the id that a cancel names, or a number out of range, by zero.
        guard let params, let given, cancels == nil, outOfRange == nil else { return (params == nil) == (given == nil) }
        return params.isIdentical(to: given)
    }

    /// Returns the positions of an item's ids: its own, and the id of the call that it cancels.
    static func ids(of node: StrictJSON.Node) -> Set<Range<Int>> {
        var spans = Set([node.member("id")?.span].compactMap(\.self))
        if isCancel(node), let span = node.member("params")?.member("id")?.span { spans.insert(span) }
        return spans
    }

    private static func isCancel(_ node: StrictJSON.Node) -> Bool {
        node.member("method")?.text?.elementsEqual("$/cancelRequest".utf8) == true
    }
}

extension StrictJSON.Node {
    fileprivate var isScalar: Bool {
        switch value {
        case .string, .integer, .double, .outOfRange, .null: true
        case .bool, .array, .object: false
        }
    }

    fileprivate var isStructured: Bool {
        switch value {
        case .array, .object: true
        case .null, .bool, .integer, .double, .outOfRange, .string: false
        }
    }
}
