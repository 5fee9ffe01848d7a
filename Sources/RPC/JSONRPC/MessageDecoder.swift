internal import JSON
internal import JSONSchema

/// One call of a client. Without an id it is a notification.
struct Request: Sendable, Hashable {
    var id: RPCID?
    var method: String
    var params: JSONValue?
    /// The id of the call that a `$/cancelRequest` names, as the client wrote it.
    var cancels: RPCID?
    /// The path of the first parameter that is a number out of range, such as `params.limit`. `params` has a zero
    /// there.
    var outOfRange: String?

    static let cancelMethod = "$/cancelRequest"
}

/// One item of a message: a valid request, or an invalid one with its error.
enum Item: Sendable, Hashable {
    case request(Request)
    case invalid(RPCID, RPCError)
}

/// The contents of one frame.
enum Inbound: Sendable, Hashable {
    case single(Item)
    case batch([Item])
    /// The text is JSON and is refused as a whole, with one error. The id is null if it cannot be read.
    case refused(RPCID, RPCError)
    /// The text is not JSON. The id is null if it cannot be read.
    case notJSON(RPCID, RPCError)
}

/// Decodes one frame as JSON-RPC 2.0 (https://www.jsonrpc.org/specification).
struct MessageDecoder: Sendable {
    let limits: RPCLimits
    /// True if plain requests take the fast path. A test sets it to false to compare both paths.
    var takesShortWay = true

    func decode(_ bytes: UnsafeRawBufferPointer) -> Inbound {
        var cursor = ByteCursor(bytes: bytes)
        cursor.skipSpace()
        let text = MessageDecoder.withoutTrailingSpace(bytes, from: cursor.index)
        do {
            switch cursor.current {
            case UInt8(ascii: "{"): return .single(try item(bytes, text, depth: limits.depth))
            case UInt8(ascii: "["): return try batch(bytes, text)
            default:
                _ = try parse(bytes, text, depth: limits.depth)
                return .single(
                    .invalid(.null, MessageDecoder.notARequest("a message is an object or an array of objects")))
            }
        } catch {
            let id = EnvelopeIDs.readable(in: UnsafeRawBufferPointer(rebasing: bytes[text]))
            let hasNUL = error.code == .nulCharacter && bytes.contains(0)
            return isJSON(error.code) && !hasNUL ? .refused(id, refusal(error)) : .notJSON(id, refusal(error))
        }
    }

    /// Returns true if the text follows JSON's grammar and is refused for its contents.
    private func isJSON(_ code: JSONParseError.Code) -> Bool {
        switch code {
        case .tooDeep, .tooLarge, .loneSurrogate, .nulCharacter, .duplicateKey, .numberOutOfRange, .outOfMemory: true
        case .empty, .byteOrderMark, .invalidUTF8, .unexpectedEnd, .trailingBytes, .invalidSyntax: false
        }
    }

    /// Decodes one object of the message at `span`, nested at most `depth` levels.
    private func item(_ bytes: UnsafeRawBufferPointer, _ span: Range<Int>, depth: Int) throws(JSONParseError) -> Item {
        let part = UnsafeRawBufferPointer(rebasing: bytes[span])
        if takesShortWay, let request = PlainRequest.decode(part, depth: depth) { return .request(request) }
        let ids = EnvelopeIDs(in: part)
        let value: JSONValue
        do {
            value = try parse(bytes, span, depth: depth)
        } catch  where error.code == .numberOutOfRange {
            // Ids may be numbers of any size, which jansson refuses. So jansson parses a copy with zeros in place of
            // ids and out-of-range parameters.
            let zeroed = ids.neutralized(part)
            let numbers = OutOfRangeNumbers(in: part, beside: ids)
            guard numbers.areParameters else { throw JSONParseError(error.code, at: error.position) }
            value = try parse(numbers.neutralized(zeroed), depth: depth, offset: span.lowerBound)
            return Envelope.item(value, ids, outOfRange: numbers.firstPath)
        }
        return Envelope.item(value, ids)
    }

    private func batch(_ bytes: UnsafeRawBufferPointer, _ text: Range<Int>) throws(JSONParseError) -> Inbound {
        guard let spans = elements(bytes, text) else {
            _ = try parse(bytes, text, depth: limits.depth)
            throw JSONParseError(.invalidSyntax, at: text.lowerBound)
        }
        guard !spans.isEmpty else {
            return .single(.invalid(.null, MessageDecoder.notARequest("a batch holds at least one request")))
        }
        guard spans.count <= limits.batchItems else {
            return .refused(
                .null,
                .limit(
                    .batchTooLarge, "cannot take a batch of \(spans.count) items, send at most \(limits.batchItems)",
                    limit: limits.batchItems, actual: spans.count))
        }
        var items: [Item] = []
        items.reserveCapacity(spans.count)
        for span in spans {
            if bytes[span.lowerBound] == UInt8(ascii: "{") {
                items.append(try item(bytes, span, depth: limits.depth - 1))
            } else {
                _ = try parse(bytes, span, depth: limits.depth - 1)
                items.append(.invalid(.null, MessageDecoder.notARequest("each item of a batch is an object")))
            }
        }
        return .batch(items)
    }

    /// Returns the ranges of the elements of an array, or `nil` if commas and brackets do not match.
    private func elements(_ bytes: UnsafeRawBufferPointer, _ text: Range<Int>) -> [Range<Int>]? {
        var cursor = ByteCursor(
            bytes: UnsafeRawBufferPointer(rebasing: bytes[..<text.upperBound]), index: text.lowerBound + 1)
        var spans: [Range<Int>] = []
        cursor.skipSpace()
        if cursor.take(UInt8(ascii: "]")) { return cursor.isAtEnd ? spans : nil }
        repeat {
            cursor.skipSpace()
            guard let span = cursor.value() else { return nil }
            spans.append(span)
            cursor.skipSpace()
        } while cursor.take(UInt8(ascii: ","))
        return cursor.take(UInt8(ascii: "]")) && cursor.isAtEnd ? spans : nil
    }

    private func parse(
        _ bytes: UnsafeRawBufferPointer, _ span: Range<Int>, depth: Int
    ) throws(JSONParseError) -> JSONValue {
        do {
            let part = UnsafeRawBufferPointer(rebasing: bytes[span])
            return try JSONValue(parsing: part, limits: JSONLimits(bytes: limits.messageBytes, depth: depth))
        } catch {
            throw JSONParseError(error.code, at: error.position + span.lowerBound)
        }
    }

    private func parse(_ bytes: [UInt8], depth: Int, offset: Int) throws(JSONParseError) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes, limits: JSONLimits(bytes: limits.messageBytes, depth: depth))
        } catch {
            throw JSONParseError(error.code, at: error.position + offset)
        }
    }

    private func refusal(_ error: JSONParseError) -> RPCError {
        switch error.code {
        case .tooDeep:
            .limit(
                .messageTooDeep, "cannot take a message nested deeper than \(limits.depth)", limit: limits.depth,
                actual: limits.depth + 1)
        case .tooLarge: .messageTooLarge(limits, actual: error.position)
        case .unexpectedEnd:
            // The usual cause is a client that sends indented JSON.
            parseError(error, error.description + "; on a socket, a message is one line")
        case .empty, .byteOrderMark, .invalidUTF8, .loneSurrogate, .nulCharacter, .duplicateKey, .numberOutOfRange,
            .trailingBytes, .invalidSyntax, .outOfMemory:
            parseError(error, error.description)
        }
    }

    private func parseError(_ error: JSONParseError, _ words: String) -> RPCError {
        RPCError(
            .parseError, words,
            data: ["reason": .string(error.code.rawValue), "position": .integer(Int64(error.position))])
    }

    private static func withoutTrailingSpace(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Range<Int> {
        var end = bytes.count
        while end > start, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func notARequest(_ why: String) -> RPCError {
        RPCError(.invalidRequest, "cannot read a request, \(why)")
    }
}

/// Checks the members of a parsed request.
enum Envelope {
    /// Returns the request in the object `value`, with its ids as written in `ids`.
    ///
    /// `outOfRange` is the path of a parameter that is a number out of range.
    static func item(_ value: JSONValue, _ ids: EnvelopeIDs, outOfRange: String? = nil) -> Item {
        guard !ids.isTooLong else { return refuse(.null, "the id has more than \(RPCID.longestBytes) bytes") }
        let id: RPCID?
        switch value["id"] {
        case nil: id = nil
        case .string, .integer, .double, .null: id = ids.own
        case .bool, .array, .object: return refuse(.null, "the id is a string, a number or null")
        }
        guard value["jsonrpc"] == "2.0" else {
            return refuse(id, "the member jsonrpc must be the string \"2.0\"")
        }
        guard case .string(let method) = value["method"] else {
            let answers = value["result"] != nil || value["error"] != nil
            return refuse(id, answers ? "nothing was asked on this connection" : "the member method must be a string")
        }
        switch value["params"] {
        case nil, .array, .object:
            return .request(
                Request(
                    id: id, method: method, params: value["params"], cancels: ids.cancelled, outOfRange: outOfRange))
        case .null, .bool, .integer, .double, .string: return refuse(id, "params must be an object or an array")
        }
    }

    private static func refuse(_ id: RPCID?, _ why: String) -> Item {
        .invalid(id ?? .null, RPCError(.invalidRequest, "cannot read a request, \(why)"))
    }
}

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

    /// The ranges of the own id and of the cancelled id, as far as they exist.
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

/// The integers over 64 bits in a request's text, and the other numbers outside the range of a double.
///
/// Such a number in the parameters is an error of one call (`invalidParams` with the number's path), not a parse error.
struct OutOfRangeNumbers {
    private let text: UnsafeRawBufferPointer
    private let params: Range<Int>?
    private let spans: [Range<Int>]

    /// Finds the numbers in the object at `text`, without the ids. `text` must outlive this value.
    init(in text: UnsafeRawBufferPointer, beside ids: EnvelopeIDs) {
        self.text = text
        params = EnvelopeIDs.member("params", in: text, 0..<text.count)
        let known = ids.spans
        var found: [Range<Int>] = []
        var cursor = ByteCursor(bytes: text)
        while !cursor.isAtEnd {
            switch cursor.current {
            case UInt8(ascii: "\""): cursor.skipString()
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let start = cursor.index
                if let span = cursor.number() {
                    if Self.isOutOfRange(UnsafeRawBufferPointer(rebasing: text[span])), !known.contains(span) {
                        found.append(span)
                    }
                } else {
                    // The text is not a number. The parser reports the error.
                    cursor.index = max(cursor.index, start + 1)
                }
            default: cursor.index += 1
            }
        }
        spans = found
    }

    /// True if all these numbers are in the parameters.
    var areParameters: Bool {
        spans.allSatisfy { span in params.map { $0.contains(span.lowerBound) } ?? false }
    }

    /// Returns a copy of `bytes`, which must be as long as the text, with a zero in place of each of these numbers.
    func neutralized(_ bytes: [UInt8]) -> [UInt8] {
        var copy = bytes
        for span in spans {
            for index in span { copy[index] = UInt8(ascii: " ") }
            copy[span.lowerBound] = UInt8(ascii: "0")
        }
        return copy
    }

    /// The path of the first of these numbers, such as `params.filter.types[2]`, or `nil` if there is none.
    var firstPath: String? {
        guard let first = spans.first, let params else { return nil }
        var path = "params"
        var place = params
        while let (step, value) = step(towards: first.lowerBound, in: place) {
            path += step
            place = value
        }
        return path
    }

    /// Returns the member or element of the container at `place` that holds `position`, or `nil` if `place` is not a
    /// container.
    private func step(towards position: Int, in place: Range<Int>) -> (String, Range<Int>)? {
        var cursor = ByteCursor(
            bytes: UnsafeRawBufferPointer(rebasing: text[..<place.upperBound]), index: place.lowerBound)
        let isObject = cursor.take(UInt8(ascii: "{"))
        guard isObject || cursor.take(UInt8(ascii: "[")) else { return nil }
        var index = 0
        repeat {
            var name = "[\(index)]"
            cursor.skipSpace()
            if isObject {
                guard cursor.current == UInt8(ascii: "\""), let key = cursor.value() else { return nil }
                name = "." + String(decoding: text[key].dropFirst().dropLast(), as: UTF8.self)
                cursor.skipSpace()
                guard cursor.take(UInt8(ascii: ":")) else { return nil }
                cursor.skipSpace()
            }
            guard let value = cursor.value() else { return nil }
            if value.contains(position) { return (name, value) }
            cursor.skipSpace()
            index += 1
        } while cursor.take(UInt8(ascii: ","))
        return nil
    }

    private static func isOutOfRange(_ token: UnsafeRawBufferPointer) -> Bool {
        // An integer of up to 18 characters always fits.
        let isInteger = token.allSatisfy { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
        guard token.count > 18 || !isInteger else { return false }
        let text = String(decoding: token, as: UTF8.self)
        return isInteger ? Int64(text) == nil : Double(text).map { $0.isInfinite } ?? false
    }
}

extension RPCError {
    /// Returns the error of a call with a number that is out of range.
    static func outOfRange(_ path: String) -> RPCError {
        .invalidParams([
            SchemaViolation(path: path, reason: "the number is out of range, an integer has 64 bits at most")
        ])
    }
}
