/// The error for a JSON value that does not match a Swift type, with the place in the document.
public struct JSONDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The place as a JSON path: `params.size`, `params.candidates[2]`. Empty at an unnamed root.
    public var path: String
    /// The error at that place: "expected a string, found 3".
    public var reason: String

    /// Creates an error.
    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    /// Path and reason in one line. It may quote the invalid value, so send it only to the source of that value.
    public var description: String {
        path.isEmpty ? reason : "\(path): \(reason)"
    }
}

extension JSONDecodingError {
    init(mismatch expected: String, found: JSONValue?, at path: JSONPath) {
        self.init(
            path: path.text, reason: "expected \(expected), found \(found?.excerpt ?? "nothing")")
    }

    /// Converts an error of a type's own `init(from:)`.
    init(_ error: any Error, at path: JSONPath) {
        switch error {
        case let error as JSONDecodingError: self = error
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            self.init(path: path.root.appending(context.codingPath).text, reason: context.debugDescription)
        case DecodingError.keyNotFound(let key, let context):
            self.init(path: path.root.appending(context.codingPath + [key]).text, reason: "is missing")
        default:
            self.init(path: path.text, reason: String(describing: error))
        }
    }

}

extension JSONValue {
    /// A short form for error messages: the value itself if it is short, otherwise its kind.
    public var excerpt: String {
        switch self {
        case .null, .bool, .integer, .double: serializedString()
        case .string(let text) where text.utf8.count <= 40: serializedString()
        case .string, .array, .object: kind
        }
    }
}
