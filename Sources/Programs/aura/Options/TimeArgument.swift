import ArgumentParser
import AuraModel

/// Durations and times on the command line.
enum TimeArgument {
    /// The seconds of each unit.
    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    /// The longest duration: a century.
    private static let limitSeconds: Int64 = 36_525 * 86_400

    /// Parses a whole number with a unit, such as `90s`, `12h` or `30d`.
    @Sendable static func duration(_ text: String) throws -> Duration {
        let invalid = ValidationError(
            "cannot use the duration \"\(text)\": give a number and one of s, m, h, d, w, as in 30d")
        guard let unit = text.last.flatMap({ units[$0] }), text.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }),
            let number = Int64(text.dropLast()), (1...limitSeconds / unit).contains(number)
        else { throw invalid }
        return .seconds(number * unit)
    }

    /// Parses a time as RFC 3339, or a date, which means its start in UTC.
    @Sendable static func moment(_ text: String) throws -> Timestamp {
        guard let moment = Timestamp(text) ?? Timestamp("\(text)T00:00:00Z") else {
            throw ValidationError(
                "cannot use the time \"\(text)\": give a date or a UTC time, as in 2027-01-31 or 2027-01-31T12:00:00Z"
            )
        }
        return moment
    }
}
