/// Hetzner's grammar of labels. A key is `[prefix/]name`. A name or value has 1–63 letters, digits, `-`, `_`, `.`; a
/// value may be empty.
enum Labels {
    /// Throws 422 if a label violates the grammar.
    static func check(_ labels: [String: String]) throws {
        for (key, value) in labels {
            guard isKey(key), !key.hasPrefix("hetzner.cloud/") else {
                throw APIError.invalid("labels", "label key '\(key)' is not correctly formatted")
            }
            guard isValue(value) else {
                throw APIError.invalid("labels", "label value '\(value)' is not correctly formatted")
            }
        }
    }

    /// True if the text is a valid key.
    static func isKey(_ key: some StringProtocol) -> Bool {
        let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return isName(key) }
        return HostName.isValid(parts[0]) && isName(parts[1])
    }

    /// True if the text is a valid value.
    static func isValue(_ value: some StringProtocol) -> Bool { value.isEmpty || isName(value) }

    private static func isName(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        guard (1...63).contains(bytes.count) else { return false }
        return HostName.isAlphanumeric(bytes[0]) && HostName.isAlphanumeric(bytes[bytes.count - 1])
            && bytes.allSatisfy { HostName.isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }
}

/// RFC 1123 host names.
enum HostName {
    /// True for dot-separated labels of 1–63 letters, digits and inner hyphens, with at most 253 characters in total.
    static func isValid(_ text: some StringProtocol) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return Array(text.utf8).split(separator: dot, omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
                && label.allSatisfy { isAlphanumeric($0) || $0 == hyphen }
        }
    }

    private static let dot = UInt8(ascii: ".")
    private static let hyphen = UInt8(ascii: "-")

    /// True for an ASCII letter or digit.
    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
