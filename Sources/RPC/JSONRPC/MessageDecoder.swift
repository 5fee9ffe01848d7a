internal import JSON

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
            // Ids may be numbers of any size, which jansson refuses. It parses a copy with zeros for ids and
            // out-of-range parameters.
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
