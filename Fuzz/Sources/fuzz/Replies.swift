@testable import JSONRPC

/// The daemon's output, checked message by message against JSON-RPC 2.0.
struct Replies {
    /// The ids of the replies outside batches, byte for byte.
    private(set) var singles: [[UInt8]] = []
    /// The ids of each batch's replies, sorted.
    private(set) var batches: [[[UInt8]]] = []
    /// The number of errors, by code.
    private(set) var errors: [Int64: Int] = [:]
    /// The number of events that each subscription got.
    private(set) var events: [Int64: Int64] = [:]
    /// The number of events that each subscription's reply announced.
    private(set) var promised: [Int64: Int64] = [:]

    init(_ bytes: [UInt8], saysLengths: Bool) {
        for message in Self.messages(in: bytes, saysLengths) { take(message) }
    }

    private static func messages(in bytes: [UInt8], _ saysLengths: Bool) -> [[UInt8]] {
        guard saysLengths else {
            require(bytes.isEmpty || bytes.last == UInt8(ascii: "\n"), "the last line has no end")
            return bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
        }
        var framer = HeaderFramer(limit: bytes.count)
        bytes.withUnsafeBytes { framer.append($0) }
        var messages: [[UInt8]] = []
        while let frame = framer.next() {
            guard case .message(let range) = frame else {
                require(false, "replies without lengths: \(shown(bytes))")
                return []
            }
            messages.append(framer.withBytes(of: range) { Array($0) })
        }
        return messages
    }

    private mutating func take(_ message: [UInt8]) {
        guard let (root, _) = StrictJSON.read(message, depth: 32) else {
            return require(false, "what is sent is not JSON: \(shown(message))")
        }
        if root.member("method") != nil {
            takeEvent(root, message)
        } else if let replies = root.elements {
            require(!replies.isEmpty, "an empty batch of replies")
            batches.append(replies.map { takeReply($0, message) }.sorted { $0.lexicographicallyPrecedes($1) })
        } else {
            singles.append(takeReply(root, message))
        }
    }

    /// Checks a reply. Returns its id.
    private mutating func takeReply(_ reply: StrictJSON.Node, _ message: [UInt8]) -> [UInt8] {
        guard case .object(let members) = reply.value, let id = reply.member("id"), members.count == 3,
            reply.member("jsonrpc")?.text?.elementsEqual("2.0".utf8) == true
        else {
            require(false, "this is no reply: \(shown(message))")
            return []
        }
        if let error = reply.member("error") {
            guard case .integer(let code) = error.member("code")?.value, error.member("message")?.text != nil else {
                require(false, "this is no error: \(shown(message))")
                return []
            }
            errors[code, default: 0] += 1
        } else {
            require(reply.member("result") != nil, "neither result nor error: \(shown(message))")
            takeSubscription(reply)
        }
        return Array(message[id.span])
    }

    private mutating func takeSubscription(_ reply: StrictJSON.Node) {
        guard case .integer(let number) = reply.member("result")?.member("subscription")?.value,
            case .integer(let count) = reply.member("result")?.member("count")?.value
        else { return }
        promised[number] = count
    }

    private mutating func takeEvent(_ event: StrictJSON.Node, _ message: [UInt8]) {
        guard case .integer(let number) = event.member("params")?.member("subscription")?.value,
            case .integer(let index) = event.member("params")?.member("event")?.value, event.member("id") == nil
        else { return require(false, "this is no event: \(shown(message))") }
        require(index == events[number, default: 0], "event \(index) of \(number) is out of order")
        require(promised[number] != nil || errors[-32008] != nil, "an event of \(number) precedes its reply")
        events[number, default: 0] += 1
    }
}
