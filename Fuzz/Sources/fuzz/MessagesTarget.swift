import JSON

@testable import JSONRPC

/// Fuzzes the decoder with one message: the fast path and the full path must agree, and follow the specification.
enum MessagesTarget {
    private static let limits = RPCLimits(messageBytes: 4096, depth: 8, batchItems: 4)

    static func run(_ bytes: [UInt8]) {
        guard bytes.count <= limits.messageBytes else { return }
        var decoder = MessageDecoder(limits: limits)
        let short = bytes.withUnsafeBytes { decoder.decode($0) }
        decoder.takesShortWay = false
        let long = sabotaged(bytes.withUnsafeBytes { decoder.decode($0) })
        require(rendering(short) == rendering(long), "the two ways differ for \(shown(bytes)): \(short), \(long)")
        check(short, against: ExpectedMessage(bytes, limits), bytes)
    }

    private static func check(_ message: Inbound, against expected: ExpectedMessage, _ bytes: [UInt8]) {
        let fits =
            switch (message, expected) {
            case (.refused, .refused), (.notJSON, .refused): true
            case (.single(let item), .single(let wanted)): wanted.fits(item)
            case (.batch(let items), .batch(let wanted)):
                items.count == wanted.count && zip(wanted, items).allSatisfy { $0.fits($1) }
            default: false
            }
        require(fits, "\(shown(bytes)) is read as \(message), not as \(expected)")
    }

    /// The deliberate fault: drops the id of a request if it is a number with a fraction.
    private static func sabotaged(_ message: Inbound) -> Inbound {
        guard Sabotage.isOn("messages"), case .single(.request(var request)) = message,
            request.id?.raw.first?.isNumber == true, request.id?.raw.contains(".") == true
        else { return message }
        request.id = .null
        return .single(.request(request))
    }

    /// Returns all parts of a message as bytes, since `==` on the values ignores some differences.
    private static func rendering(_ message: Inbound) -> [[UInt8]] {
        switch message {
        case .refused(let id, let error): [Array("refused".utf8), Array(id.raw.utf8), error.json.serialized()]
        case .notJSON(let id, let error): [Array("not JSON".utf8), Array(id.raw.utf8), error.json.serialized()]
        case .single(let item): [Array("single".utf8)] + rendering(item)
        case .batch(let items): [Array("batch".utf8)] + items.flatMap { rendering($0) }
        }
    }

    private static func rendering(_ item: Item) -> [[UInt8]] {
        switch item {
        case .invalid(let id, let error): [Array("invalid".utf8), Array(id.raw.utf8), error.json.serialized()]
        case .request(let request):
            [
                Array("request".utf8), Array((request.id?.raw ?? "none").utf8), Array(request.method.utf8),
                request.params?.serialized() ?? [], Array((request.cancels?.raw ?? "none").utf8),
            ]
        }
    }
}
