/// Precomputed replies of methods that have no parameters and a constant result.
///
/// For such a call the text is compared and bytes are copied; no value is created. All other text takes the general
/// path, which gives the same reply. A test compares both paths.
struct PrecomputedReplies: Sendable {
    /// One method, as ranges of `text`: its name, and the part of its reply that follows the id.
    private struct Entry: Sendable {
        let name: Range<Int>
        let rest: Range<Int>
    }

    private static let start = #"{"jsonrpc":"2.0","id":"#

    /// The replies to the first items of a batch that has not arrived completely.
    struct BatchReply: Sendable {
        /// The number of bytes that are processed, up to the comma behind the last processed item; 0 if there is no
        /// such item.
        fileprivate(set) var position = 0
        fileprivate(set) var items = 0
        /// The replies without the closing bracket.
        fileprivate var text: [UInt8] = []
        /// True if the next item has no precomputed reply.
        fileprivate var isOdd = false

        /// An item longer than this cannot have a precomputed reply.
        fileprivate static let longestItem = 512
    }

    /// All names and replies in one array, so that a look-up follows no pointers and changes no reference counts.
    private var text = Array(PrecomputedReplies.start.utf8)
    private var entries: [Entry] = []
    /// The scopes of all methods here.
    private var scopes: Set<String> = []

    /// Returns true if a caller with these rights may have every reply without further checks.
    func areOpen(to rights: Rights) -> Bool {
        rights.rules.allSatisfy { !$0.coversConstants } && scopes.allSatisfy(rights.scopes.contains)
    }

    /// Adds a method, and replaces an earlier one with the same name.
    mutating func add(_ name: String, result: [UInt8], scopes: [String] = []) {
        remove(name)
        self.scopes.formUnion(scopes)
        let nameStart = text.count
        text += Array(name.utf8)
        let restStart = text.count
        text += Array(#","result":"#.utf8) + result + [UInt8(ascii: "}")]
        entries.append(Entry(name: nameStart..<restStart, rest: restStart..<text.count))
    }

    mutating func remove(_ name: String) {
        entries.removeAll { text[$0.name].elementsEqual(name.utf8) }
    }

    /// Appends the reply to a message, with its line end, if all its items have precomputed replies. Otherwise returns
    /// false and leaves `replies` unchanged.
    ///
    /// `begun` holds the replies that were made while the message arrived.
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

    /// Processes the received part of a batch, so that a long batch blocks the event loop only briefly at each read. No
    /// reply is sent before the batch is complete.
    func begin(_ batch: inout BatchReply, _ bytes: UnsafeRawBufferPointer, _ limits: RPCLimits) {
        guard !batch.isOdd else { return }
        var cursor = ByteCursor(bytes: bytes, index: batch.position)
        if batch.position == 0 {
            cursor.skipSpace()
            guard cursor.take(UInt8(ascii: "[")) else { return }
        }
        // The last item may be incomplete if no comma follows it.
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
        // A notification gets no reply.
        guard let id = spans.id else { return true }
        text.withUnsafeBytes { text in
            replies.append(contentsOf: text[0..<PrecomputedReplies.start.utf8.count])
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

    /// Processes the batch item at `cursor` and returns the comma or bracket behind it. Returns `nil` if the item is
    /// incomplete or has no precomputed reply.
    private func answerItem(_ cursor: inout ByteCursor, _ limits: RPCLimits, _ batch: inout BatchReply) -> UInt8? {
        cursor.skipSpace()
        batch.items += 1
        let start = batch.text.count
        // A comma separates replies; the opening bracket precedes the first one.
        batch.text.append(UInt8(ascii: start == 0 ? "[" : ","))
        // The general path refuses a reply that may exceed the queue.
        guard batch.items <= limits.batchItems, start <= limits.outboundLowWaterBytes,
            answerOne(&cursor, depth: limits.depth - 1, &batch.text)
        else { return nil }
        // A notification has no reply, so its comma or bracket is removed.
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
