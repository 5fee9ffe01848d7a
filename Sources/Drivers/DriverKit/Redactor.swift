public import AuraModel

/// Replaces secrets in texts from a child process or a provider.
///
/// A secret is found in its plain form and as JSON, shell, URL, base64 (at each offset) and hexadecimal text, in upper
/// or lower case. Mask a text before you cut it, because a cut text may end in the middle of a secret. The sender may
/// have cut the text too. So a prefix of a secret at the very end of a text, and a suffix at its very beginning, are
/// masked as well.
public struct Redactor: Sendable {
    /// The texts to find, with ASCII letters in lower case, grouped by their first byte; longest first.
    private let needles: [UInt8: [[UInt8]]]
    /// The plain secrets in lower case, to mask a part of one at a cut.
    private let whole: [[UInt8]]

    /// The length of the shortest secret in bytes. A shorter text is more likely an ordinary word.
    private static let shortest = 4
    /// The length of the shortest part of a secret that is masked at a cut.
    private static let shortestPart = 8
    private static let mask = Array("[secret]".utf8)

    /// Creates a redactor.
    ///
    /// - Parameter secrets: each line of a secret counts as a secret, and so does the value of a `NAME=value` line.
    public init(_ secrets: [Secret]) {
        var texts: Set<String> = []
        for secret in secrets {
            for line in secret.reveal().split(whereSeparator: \.isNewline) where !line.hasPrefix("-----") {
                texts.insert(String(line))
                guard let equals = line.firstIndex(of: "=") else { continue }
                let value = String(line[line.index(after: equals)...])
                texts.insert(value)
                texts.insert(value.trimming { $0 == "\"" || $0 == "'" || $0 == " " })
            }
        }
        let plain = texts.map { Array($0.utf8) }.filter { $0.count >= Self.shortest }
        let forms = Set(plain.flatMap(Self.forms).map(Self.lowercased).filter { $0.count >= Self.shortest })
        needles = Dictionary(grouping: forms.sorted { $0.count > $1.count }) { $0[0] }
        whole = plain.map(Self.lowercased).filter { $0.count > Self.shortestPart }
    }

    /// Returns the text with `[secret]` in place of each secret.
    public func clean(_ text: String) -> String {
        guard !needles.isEmpty, !text.isEmpty else { return text }
        let bytes = Array(text.utf8)
        let lower = Self.lowercased(bytes)
        var result: [UInt8] = []
        var index = cutStart(lower)
        if index > 0 { result += Self.mask }
        let end = lower.count - cutEnd(lower)
        while index < end {
            if let needle = needles[lower[index]]?.first(where: { lower[index...].starts(with: $0) }) {
                result += Self.mask
                index += needle.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        if end < lower.count, index <= end { result += Self.mask }
        return result.count == bytes.count && result == bytes ? text : String(decoding: result, as: UTF8.self)
    }

    /// Returns the length of the longest suffix of a secret with which the text starts; 0 if there is none.
    private func cutStart(_ text: [UInt8]) -> Int {
        longest { secret, count in text.starts(with: secret.suffix(count)) }
    }

    private func cutEnd(_ text: [UInt8]) -> Int {
        longest { secret, count in text.suffix(count).elementsEqual(secret.prefix(count)) }
    }

    private func longest(_ matches: ([UInt8], Int) -> Bool) -> Int {
        whole.reduce(0) { found, secret in
            let counts = stride(from: secret.count - 1, through: max(Self.shortestPart, found + 1), by: -1)
            return counts.first { matches(secret, $0) } ?? found
        }
    }
}

// MARK: the forms of a secret

extension Redactor {
    private static func forms(_ secret: [UInt8]) -> [[UInt8]] {
        let text = String(decoding: secret, as: UTF8.self)
        let json = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let shell = text.replacing("'", with: "'\\''")
        let python = text.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        var forms = [text, json, json.replacing("/", with: "\\/"), shell, python].map { Array($0.utf8) }
        forms.append(
            secret.flatMap { byte -> [UInt8] in
                let isPlain =
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || Array("-._~".utf8).contains(byte)
                return isPlain ? [byte] : [0x25] + hexadecimal(byte)
            })
        forms.append(secret.flatMap(hexadecimal))
        for offset in 0..<3 where secret.count >= 8 {
            let code = base64(secret, offset: offset)
            forms.append(code)
            forms.append(code.map { $0 == UInt8(ascii: "+") ? 0x2D : $0 == UInt8(ascii: "/") ? 0x5F : $0 })
        }
        return forms
    }

    private static func hexadecimal(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    /// Returns the secret in base64 (RFC 4648, section 4), as it appears if `offset` bytes precede it in the encoded
    /// data. Omits the first and the last character if they also encode bits of neighbouring bytes.
    private static func base64(_ secret: [UInt8], offset: Int) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = [UInt8](repeating: 0, count: offset) + secret
        let first = (offset * 8 + 5) / 6
        return (first..<(bytes.count * 8 / 6)).map { place in
            let bit = place * 6
            let high = UInt16(bytes[bit / 8]) << 8
            let low = bit / 8 + 1 < bytes.count ? UInt16(bytes[bit / 8 + 1]) : 0
            return alphabet[Int(((high | low) >> UInt16(10 - bit % 8)) & 63)]
        }
    }

    private static func lowercased(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
    }
}

extension String {
    fileprivate func trimming(_ isCut: (Character) -> Bool) -> String {
        var rest = drop(while: isCut)
        while let last = rest.last, isCut(last) { rest.removeLast() }
        return String(rest)
    }
}
