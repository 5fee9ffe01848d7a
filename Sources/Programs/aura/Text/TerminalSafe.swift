extension Unicode.Scalar {
    /// True if a terminal or an editor may act on the character, or may display the text after it incorrectly. These
    /// are controls (C0, C1), format characters (category Cf, such as bidirectional marks and zero-width characters),
    /// U+2028 and U+2029.
    var steersTerminals: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

extension Array where Element == UInt8 {
    /// Compact JSON in which characters that control terminals are written as `\uXXXX`. Every reader gets the same
    /// value.
    var jsonForTerminals: [UInt8] {
        // JSON escapes all controls below 0x7F, and compact JSON has characters from 0x7F on only inside strings.
        guard contains(where: { $0 >= 0x7F }) else { return self }
        var safe: [UInt8] = []
        safe.reserveCapacity(count)
        for scalar in String(decoding: self, as: UTF8.self).unicodeScalars {
            if scalar.value >= 0x7F, scalar.steersTerminals {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    safe.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
                }
            } else {
                safe.append(contentsOf: String(scalar).utf8)
            }
        }
        return safe
    }
}
