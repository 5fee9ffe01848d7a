import JSON

/// The parser of `application/x-www-form-urlencoded` text with brackets: `metadata[plan]=starter`,
/// `items[0][price]=price_x`, `expand[]=customer`.
enum StripeForm {
    /// The maximum number of parameters of one call.
    static let parameterLimit = 2_000
    /// The maximum number of names in one path.
    static let depthLimit = 10

    /// Returns the parameters as nested objects of strings. A list is an object whose names are its indices. The last
    /// value of a repeated name counts.
    ///
    /// Throws 400 for a malformed escape, unbalanced brackets, a name that is a value and a container at once, and text
    /// beyond the limits.
    static func parse(_ text: some StringProtocol) throws -> JSONValue {
        var root: JSONValue = [:]
        let pairs = text.split(separator: "&")
        guard pairs.count <= parameterLimit else {
            throw StripeError.invalid(nil, "Received more than \(parameterLimit) parameters.")
        }
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0]), let value = decoded(parts.count > 1 ? parts[1] : ""),
                let path = segments(of: name)
            else { throw StripeError.invalid(nil, "Invalid form encoding: \(pair.prefix(100))") }
            guard insert(value, at: path[...], into: &root) else {
                throw StripeError.invalid(name, "Invalid parameter: \(name) is a value and a container at once")
            }
        }
        return root
    }

    /// Returns `["a", "b", ""]` for `a[b][]`, or `nil` if the brackets are not balanced or too deep.
    static func segments(of name: String) -> [String]? {
        guard let open = name.firstIndex(of: "[") else { return name.isEmpty ? nil : [name] }
        var path = [String(name[..<open])]
        var rest = name[open...]
        while let first = rest.first {
            guard first == "[", let close = rest.firstIndex(of: "]") else { return nil }
            path.append(String(rest[rest.index(after: rest.startIndex)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        return path[0].isEmpty || path.count > depthLimit ? nil : path
    }

    private static func insert(_ value: String, at path: ArraySlice<String>, into node: inout JSONValue) -> Bool {
        guard var name = path.first, case .object(var members) = node else { return false }
        let rest = path.dropFirst()
        if name.isEmpty { name = index(in: members, for: rest.first) }
        if rest.isEmpty {
            if members[name]?.objectValue != nil { return false }
            members[name] = .string(value)
        } else {
            var child = members[name] ?? [:]
            guard insert(value, at: rest, into: &child) else { return false }
            members[name] = child
        }
        node = .object(members)
        return true
    }

    /// Returns the index that `[]` means: that of a new element, or that of the last element if it does not have the
    /// member `next` yet.
    private static func index(in members: JSONObject, for next: String?) -> String {
        guard let next, let last = members.values.last, last[next] == nil else { return String(members.count) }
        return String(members.count - 1)
    }

    /// Returns the text of an escaped name or value, or `nil` if an escape or the UTF-8 is malformed.
    private static func decoded(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst(), let low = rest.popFirst(), HostName.isAlphanumeric(high),
                    let code = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(code)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
