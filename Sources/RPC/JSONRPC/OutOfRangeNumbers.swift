internal import JSONSchema

/// The numbers in a request's text that fit neither a 64-bit integer nor a finite double.
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

    /// True if all of them are in the parameters.
    var areParameters: Bool {
        spans.allSatisfy { span in params.map { $0.contains(span.lowerBound) } ?? false }
    }

    /// Returns `bytes`, a text of the same length, with a zero in place of each number.
    func neutralized(_ bytes: [UInt8]) -> [UInt8] {
        var copy = bytes
        for span in spans {
            for index in span { copy[index] = UInt8(ascii: " ") }
            copy[span.lowerBound] = UInt8(ascii: "0")
        }
        return copy
    }

    /// The path of the first number, such as `params.filter.types[2]`, or `nil` if there is none.
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
