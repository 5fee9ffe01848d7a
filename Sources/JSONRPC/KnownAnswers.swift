/// The answers that are known before anybody asks: of methods without parameters whose result never changes.
///
/// Such a call costs a look at its text and a copy of bytes: no value is made of it. Whatever is out of the ordinary is left to the long way,
/// which answers the same; a test compares them.
struct KnownAnswers: Sendable {
    /// Where a method's name and the rest of its reply lie in `text`: what stands behind the id.
    private struct Entry: Sendable {
        let name: Range<Int>
        let rest: Range<Int>
    }

    private static let start = #"{"jsonrpc":"2.0","id":"#

    /// One block, so that a look-up touches no other memory and counts no references.
    private var text = Array(KnownAnswers.start.utf8)
    private var entries: [Entry] = []

    /// Adds a method, in the place of an earlier one of that name.
    mutating func add(_ name: String, result: [UInt8]) {
        remove(name)
        let nameStart = text.count
        text += Array(name.utf8)
        let restStart = text.count
        text += Array(#","result":"#.utf8) + result + [UInt8(ascii: "}")]
        entries.append(Entry(name: nameStart..<restStart, rest: restStart..<text.count))
    }

    mutating func remove(_ name: String) {
        entries.removeAll { text[$0.name].elementsEqual(name.utf8) }
    }

    /// Appends the reply to a message, with its line end, where all of it is known; else changes nothing and answers false.
    func answer(_ message: UnsafeRawBufferPointer, _ limits: RPCLimits, to replies: inout [UInt8]) -> Bool {
        var cursor = ByteCursor(bytes: message)
        let before = replies.count
        let isKnown: Bool
        cursor.skipSpace()
        switch cursor.current {
        case UInt8(ascii: "{"): isKnown = answerOne(&cursor, depth: limits.depth, &replies)
        case UInt8(ascii: "["): isKnown = answerBatch(&cursor, limits, &replies)
        default: return false
        }
        cursor.skipSpace()
        guard isKnown, cursor.isAtEnd else {
            replies.removeSubrange(before...)
            return false
        }
        if replies.count > before { replies.append(UInt8(ascii: "\n")) }
        return true
    }

    private func answerOne(_ cursor: inout ByteCursor, depth: Int, _ replies: inout [UInt8]) -> Bool {
        var spans = PlainSpans()
        guard spans.fill(from: &cursor, depth: depth - 1), let method = spans.method,
            let entry = entry(UnsafeRawBufferPointer(rebasing: cursor.bytes[method]))
        else { return false }
        if let params = spans.params {
            let given = UnsafeRawBufferPointer(rebasing: cursor.bytes[params])
            guard given.equals("{}") || given.equals("[]") else { return false }
        }
        // Without an id nobody waits for the answer.
        guard let id = spans.id else { return true }
        text.withUnsafeBytes { text in
            replies.append(contentsOf: text[0..<KnownAnswers.start.utf8.count])
            replies.append(contentsOf: cursor.bytes[id])
            replies.append(contentsOf: text[entry.rest])
        }
        return true
    }

    private func answerBatch(_ cursor: inout ByteCursor, _ limits: RPCLimits, _ replies: inout [UInt8]) -> Bool {
        guard cursor.take(UInt8(ascii: "[")) else { return false }
        let before = replies.count
        var count = 0
        repeat {
            cursor.skipSpace()
            count += 1
            let start = replies.count
            // In place of the first comma stands the bracket.
            replies.append(UInt8(ascii: start == before ? "[" : ","))
            // A reply that the queue may not hold is the long way's to refuse.
            guard count <= limits.batchItems, replies.count - before <= limits.outboundLowWaterBytes,
                answerOne(&cursor, depth: limits.depth - 1, &replies)
            else {
                return false
            }
            // A notification leaves no gap.
            if replies.count == start + 1 { replies.removeLast() }
            cursor.skipSpace()
        } while cursor.take(UInt8(ascii: ","))
        if replies.count > before { replies.append(UInt8(ascii: "]")) }
        return cursor.take(UInt8(ascii: "]"))
    }

    private func entry(_ name: UnsafeRawBufferPointer) -> Entry? {
        text.withUnsafeBytes { text in
            entries.first { entry in
                entry.name.count == name.count
                    && UnsafeRawBufferPointer(rebasing: text[entry.name]).elementsEqual(name)
            }
        }
    }
}
