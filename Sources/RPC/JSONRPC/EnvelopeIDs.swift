internal import JSON

/// The ids in the text of a request, found without parsing its numbers.
struct EnvelopeIDs {
    private let text: UnsafeRawBufferPointer
    private let ownSpan: Range<Int>?
    /// The range of `params.id` if the request is a `$/cancelRequest`.
    private let cancelledSpan: Range<Int>?

    /// Searches the object at `text`, which must outlive this value. Malformed text has no ids.
    init(in text: UnsafeRawBufferPointer) {
        self.text = text
        ownSpan = Self.member("id", in: text, 0..<text.count)
        cancelledSpan =
            Self.isCancel(text)
            ? Self.member("params", in: text, 0..<text.count).flatMap { Self.member("id", in: text, $0) } : nil
    }

    /// The request's own id, or `nil` if it has none or one that is too long.
    var own: RPCID? { isTooLong ? nil : ownSpan.map(id) }

    /// True if the request's own id has more than ``RPCID/longestBytes`` bytes.
    var isTooLong: Bool { ownSpan.map { $0.count > RPCID.longestBytes } ?? false }

    /// The id of the call that the request cancels. `nil` if it is too long, since no call has such an id.
    var cancelled: RPCID? { cancelledSpan.flatMap { $0.count > RPCID.longestBytes ? nil : id($0) } }

    /// Returns a copy of the request with a zero for each id that is a number.
    func neutralized(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var copy = Array(bytes)
        for span in spans {
            var cursor = ByteCursor(bytes: bytes, index: span.lowerBound)
            guard cursor.number() == span else { continue }
            for index in span { copy[index] = UInt8(ascii: " ") }
            copy[span.lowerBound] = UInt8(ascii: "0")
        }
        return copy
    }

    /// Returns the id for the reply that refuses `text`, as far as `text` can be read.
    ///
    /// The object must have exactly one member `id`: a string, a number or null that ends before the text breaks off.
    /// Otherwise the id is null. Two such members, or two objects in one text, also give null, because the id would be
    /// ambiguous.
    static func readable(in text: UnsafeRawBufferPointer) -> RPCID {
        var found: Range<Int>?
        var cursor = ByteCursor(bytes: text)
        cursor.skipSpace()
        guard cursor.take(UInt8(ascii: "{")) else { return .null }
        repeat {
            cursor.skipSpace()
            guard cursor.current == UInt8(ascii: "\""), let key = cursor.value() else { break }
            cursor.skipSpace()
            guard cursor.take(UInt8(ascii: ":")) else { break }
            cursor.skipSpace()
            guard let value = cursor.value() else { break }
            cursor.skipSpace()
            // A value at the end of the text may be cut off.
            guard cursor.current == UInt8(ascii: ",") || cursor.current == UInt8(ascii: "}") else { break }
            guard isName(UnsafeRawBufferPointer(rebasing: text[key]), "id") else { continue }
            guard found == nil else { return .null }
            found = value
        } while cursor.take(UInt8(ascii: ","))
        if cursor.take(UInt8(ascii: "}")) {
            cursor.skipSpace()
            // The line has two requests.
            if member("id", in: text, cursor.index..<text.count) != nil { return .null }
        }
        guard let found, found.count <= RPCID.longestBytes, isID(UnsafeRawBufferPointer(rebasing: text[found])) else {
            return .null
        }
        return RPCID(raw: UnsafeRawBufferPointer(rebasing: text[found]))
    }

    /// Returns true if `text` is a string, a number of any size, or null. The reply repeats it unchanged.
    private static func isID(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = ByteCursor(bytes: text)
        guard text.first == UInt8(ascii: "\"") else { return cursor.identifier() != nil && cursor.isAtEnd }
        return (try? JSONValue(parsing: text))?.stringValue != nil
    }

    /// The ranges of both ids.
    var spans: [Range<Int>] { [ownSpan, cancelledSpan].compactMap(\.self) }

    private func id(_ span: Range<Int>) -> RPCID {
        RPCID(raw: UnsafeRawBufferPointer(rebasing: text[span]))
    }

    private static func isCancel(_ text: UnsafeRawBufferPointer) -> Bool {
        member("method", in: text, 0..<text.count).map {
            isName(UnsafeRawBufferPointer(rebasing: text[$0]), Request.cancelMethod)
        } ?? false
    }

    /// Returns the range of a member's value in the object at `span`.
    static func member(_ name: String, in text: UnsafeRawBufferPointer, _ span: Range<Int>) -> Range<Int>? {
        var cursor = ByteCursor(
            bytes: UnsafeRawBufferPointer(rebasing: text[..<span.upperBound]), index: span.lowerBound)
        guard cursor.take(UInt8(ascii: "{")) else { return nil }
        repeat {
            cursor.skipSpace()
            guard cursor.current == UInt8(ascii: "\""), let key = cursor.value() else { return nil }
            cursor.skipSpace()
            guard cursor.take(UInt8(ascii: ":")) else { return nil }
            cursor.skipSpace()
            guard let value = cursor.value() else { return nil }
            if isName(UnsafeRawBufferPointer(rebasing: text[key]), name) { return value }
            cursor.skipSpace()
        } while cursor.take(UInt8(ascii: ","))
        return nil
    }

    /// Returns true if a key, including its quotes, equals `name` after unescaping.
    private static func isName(_ key: UnsafeRawBufferPointer, _ name: String) -> Bool {
        if key.contains(UInt8(ascii: "\\")) {
            return (try? JSONValue(parsing: key))?.stringValue == name
        }
        return key.dropFirst().dropLast().elementsEqual(name.utf8)
    }
}
