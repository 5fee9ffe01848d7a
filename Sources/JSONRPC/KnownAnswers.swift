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

    /// The replies to the first items of a batch whose rest has yet to come.
    struct BatchReply: Sendable {
        /// Bytes of the batch that are done with: through the comma behind the last of these items; 0 where none is.
        fileprivate(set) var position = 0
        fileprivate(set) var items = 0
        /// The replies without the bracket that ends them.
        fileprivate var text: [UInt8] = []
        /// Whether the next item is no call that is known.
        fileprivate var isOdd = false

        /// Bytes after which an item that has not ended is no such call.
        fileprivate static let longestItem = 512
    }

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
    ///
    /// `begun` has what was answered of it while it came in.
    func answer(
        _ message: UnsafeRawBufferPointer, _ limits: RPCLimits, begun: inout BatchReply, to replies: inout [UInt8]
    ) -> Bool {
        var cursor = ByteCursor(bytes: message, index: begun.position)
        let before = replies.count
        cursor.skipSpace()
        let isBatch = begun.position > 0 || cursor.take(UInt8(ascii: "["))
        let isKnown =
            isBatch
            ? answerBatch(&cursor, limits, &begun, &replies) : answerOne(&cursor, depth: limits.depth, &replies)
        cursor.skipSpace()
        guard isKnown, cursor.isAtEnd else {
            replies.removeSubrange(before...)
            return false
        }
        if replies.count > before { replies.append(UInt8(ascii: "\n")) }
        return true
    }

    /// Answers what has come in of a batch, so that a long one is many short turns; nothing of it is sent before all of it is known.
    func begin(_ batch: inout BatchReply, _ bytes: UnsafeRawBufferPointer, _ limits: RPCLimits) {
        guard !batch.isOdd else { return }
        var cursor = ByteCursor(bytes: bytes, index: batch.position)
        if batch.position == 0 {
            cursor.skipSpace()
            guard cursor.take(UInt8(ascii: "[")) else { return }
        }
        // The last one may still go on where no comma stands behind it.
        var answered = batch.text.count
        while answerItem(&cursor, limits, &batch) == UInt8(ascii: ",") {
            batch.position = cursor.index
            answered = batch.text.count
        }
        batch.text.removeSubrange(answered...)
        batch.items -= 1
        batch.isOdd = bytes.count - batch.position > BatchReply.longestItem
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

    private func answerBatch(
        _ cursor: inout ByteCursor, _ limits: RPCLimits, _ batch: inout BatchReply, _ replies: inout [UInt8]
    ) -> Bool {
        guard !batch.isOdd else { return false }
        while let end = answerItem(&cursor, limits, &batch) {
            guard end == UInt8(ascii: "]") else { continue }
            guard !batch.text.isEmpty else { return true }
            replies.append(contentsOf: batch.text)
            replies.append(end)
            return true
        }
        return false
    }

    /// Answers the item of a batch at `cursor` and returns the comma or bracket behind it; nil where it is not known, or not all there.
    private func answerItem(_ cursor: inout ByteCursor, _ limits: RPCLimits, _ batch: inout BatchReply) -> UInt8? {
        cursor.skipSpace()
        batch.items += 1
        let start = batch.text.count
        // In place of the first comma stands the bracket.
        batch.text.append(UInt8(ascii: start == 0 ? "[" : ","))
        // A reply that the queue may not hold is the long way's to refuse.
        guard batch.items <= limits.batchItems, start <= limits.outboundLowWaterBytes,
            answerOne(&cursor, depth: limits.depth - 1, &batch.text)
        else { return nil }
        // A notification leaves no gap.
        if batch.text.count == start + 1 { batch.text.removeLast() }
        cursor.skipSpace()
        let end = cursor.current
        return cursor.take(UInt8(ascii: ",")) || cursor.take(UInt8(ascii: "]")) ? end : nil
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
