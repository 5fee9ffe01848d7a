/// The error for bytes that are not valid JSON, with the position.
///
/// The description contains no part of the document, so that it can be logged.
public struct JSONParseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure. The raw value is a stable name.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The document contains only white space.
        case empty
        /// The document is longer than the limit.
        case tooLarge
        /// The nesting is deeper than the limit.
        case tooDeep
        /// The document begins with a byte order mark, which RFC 8259 §8.1 forbids, or is UTF-16 or UTF-32.
        case byteOrderMark
        /// The bytes are not UTF-8.
        case invalidUTF8
        /// An escaped surrogate lacks its other half.
        case loneSurrogate
        /// The document contains a NUL byte or `\u0000`, which PostgreSQL and C strings cannot store.
        case nulCharacter
        /// A member name occurs twice in one object.
        case duplicateKey
        /// An integer over 64 bits, or a number over the range of a double.
        case numberOutOfRange
        /// The document ends in the middle of a value.
        case unexpectedEnd
        /// The value is followed by other text.
        case trailingBytes
        /// Another violation of the grammar.
        case invalidSyntax
        /// No memory was left.
        case outOfMemory
    }

    /// The kind of failure.
    public var code: Code
    /// The offset of the byte at which, or directly before which, parsing stopped.
    public var position: Int

    /// Creates an error.
    public init(_ code: Code, at position: Int) {
        self.code = code
        self.position = position
    }

    /// One sentence that is safe to send.
    public var description: String {
        "cannot read JSON at byte \(position): \(reason)"
    }

    private var reason: String {
        switch code {
        case .empty: "there is no value"
        case .tooLarge: "the document is longer than the limit"
        case .tooDeep: "arrays and objects are nested deeper than the limit"
        case .byteOrderMark: "the document starts with a byte order mark or is not UTF-8, send UTF-8 without a mark"
        case .invalidUTF8: "the bytes are not UTF-8"
        case .loneSurrogate: "an escaped surrogate lacks its other half"
        case .nulCharacter: "it holds a NUL, which JSON cannot as a byte and this reader cannot as \\u0000"
        case .duplicateKey: "a member name is repeated within one object"
        case .numberOutOfRange: "the number is out of range"
        case .unexpectedEnd: "the document ends in the middle of a value"
        case .trailingBytes: "something follows the value"
        case .invalidSyntax: "the syntax is not JSON"
        case .outOfMemory: "no memory is left"
        }
    }
}
