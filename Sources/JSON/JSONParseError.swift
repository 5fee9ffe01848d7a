/// Why bytes are not the JSON that was asked for, and where.
///
/// The description holds nothing of the document itself, so that it can be logged.
public struct JSONParseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure; the raw value is a stable name.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Nothing but white space.
        case empty
        /// More bytes than the limit.
        case tooLarge
        /// Nested deeper than the limit.
        case tooDeep
        /// A byte order mark at the start (RFC 8259 §8.1 forbids to send one), or UTF-16.
        case byteOrderMark
        /// Bytes that are not UTF-8.
        case invalidUTF8
        /// An escaped surrogate without its other half.
        case loneSurrogate
        /// `\u0000`, which PostgreSQL and C strings cannot hold.
        case nulCharacter
        /// The same member name twice in one object.
        case duplicateKey
        /// An integer beyond 64 bits or a number beyond a double.
        case numberOutOfRange
        /// The document ends in the middle of a value.
        case unexpectedEnd
        /// Something follows the value.
        case trailingBytes
        /// Any other break of the grammar.
        case invalidSyntax
        /// No memory was left.
        case outOfMemory
    }

    /// The kind of failure.
    public var code: Code
    /// The byte at or just before which reading stopped, from 0.
    public var position: Int

    /// Creates an error.
    public init(_ code: Code, at position: Int) {
        self.code = code
        self.position = position
    }

    /// One sentence, safe to send.
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
