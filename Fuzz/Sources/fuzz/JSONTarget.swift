import JSON

/// Fuzzes the JSON codec with any bytes: Sources/Base/JSON must parse them like the second parser, and written values
/// must parse to the same values.
enum JSONTarget {
    private static let limits = JSONLimits(bytes: 4096, depth: 32)

    static func run(_ bytes: [UInt8]) {
        let expected = bytes.count <= limits.bytes ? StrictJSON.read(bytes, depth: limits.depth) : nil
        guard let value = try? JSONValue(parsing: bytes, limits: limits) else {
            require(expected?.outOfRange.isEmpty != true, "JSON by the rules is refused: \(shown(bytes))")
            return
        }
        guard let expected, expected.outOfRange.isEmpty else {
            require(false, "what breaks a rule is taken: \(shown(bytes))")
            return
        }
        require(expected.root.isIdentical(to: value), "\(shown(bytes)) is read as \(value)")
        checkLimits(bytes, expected.root.depth)
        checkWriting(value)
    }

    /// Checks that the bytes are accepted with limits equal to their size and depth, and refused with smaller limits.
    private static func checkLimits(_ bytes: [UInt8], _ depth: Int) {
        func code(_ limits: JSONLimits) -> JSONParseError.Code? {
            do throws(JSONParseError) {
                _ = try JSONValue(parsing: bytes, limits: limits)
                return nil
            } catch {
                return error.code
            }
        }
        require(code(JSONLimits(bytes: bytes.count, depth: depth)) == nil, "the limits that it has are refused")
        require(code(JSONLimits(bytes: bytes.count - 1, depth: depth)) == .tooLarge, "a byte too many is taken")
        guard depth > 0 else { return }
        require(code(JSONLimits(bytes: bytes.count, depth: depth - 1)) == .tooDeep, "a level too many is taken")
    }

    private static func checkWriting(_ value: JSONValue) {
        var written = value.serialized()
        if Sabotage.isOn("json"), written.contains(UInt8(ascii: "\\")) {
            written.removeAll { $0 == UInt8(ascii: "\\") }
        }
        let again = StrictJSON.read(written, depth: limits.depth)
        require(again?.outOfRange == [], "what is written is not JSON: \(shown(written))")
        require(again?.root.isIdentical(to: value) == true, "\(value) is written as \(shown(written))")
    }
}
