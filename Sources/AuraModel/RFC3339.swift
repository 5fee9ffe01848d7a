/// Times as text (RFC 3339, 5.6), in whole milliseconds throughout.
///
/// Foundation's styles lose milliseconds to binary fractions and read texts that are no RFC 3339 (a year of two digits, a
/// second 61, anything after the end), so neither direction goes through them.
enum RFC3339 {
    /// `2026-11-20T12:00:00.123Z`
    static func text(_ milliseconds: Int64) -> String {
        let day = Int(milliseconds.floored(by: 86_400_000))
        let ofDay = Int(milliseconds) - day * 86_400_000
        let date = civil(day)
        let time = [ofDay / 3_600_000, ofDay / 60_000 % 60, ofDay / 1000 % 60].map { padded($0, 2) }
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T"
            + "\(time.joined(separator: ":")).\(padded(ofDay % 1000, 3))Z"
    }

    /// Milliseconds since 1970, or none where the text is anything else.
    static func milliseconds(_ text: String) -> Int64? {
        var scan = Scan(bytes: Array(text.utf8))
        guard let year = scan.number(4), scan.take("-"), let month = scan.number(2), scan.take("-"),
            let day = scan.number(2), (1...12).contains(month), (1...length(of: month, in: year)).contains(day),
            scan.take("T") || scan.take("t"), let hour = scan.number(2), scan.take(":"), let minute = scan.number(2),
            scan.take(":"), let second = scan.number(2), hour < 24, minute < 60, second < 60,
            let fraction = scan.fraction(), let offset = scan.offset(), scan.isAtEnd
        else { return nil }
        let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - offset
        return Int64(minutes * 60 + second) * 1000 + Int64(fraction)
    }

    /// The date of a day since 1970 in the proleptic Gregorian calendar: 400-year eras whose years begin in March, so that
    /// the leap day is a year's last.
    private static func civil(_ day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = shifted.floored(by: 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * ofYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * march + 2) / 5 + 1)
    }

    /// The inverse of ``civil(_:)``.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.floored(by: 400)
        let yearOfEra = shifted - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
    }

    private static func length(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
}

extension RFC3339 {
    private struct Scan {
        let bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == bytes.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }

        /// Exactly `count` digits.
        mutating func number(_ count: Int) -> Int? {
            guard index + count <= bytes.count else { return nil }
            let digits = bytes[index..<index + count]
            guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            index += count
            return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }

        /// Milliseconds; 0 where there is no fraction, none where a point has no digits.
        mutating func fraction() -> Int? {
            guard take(".") else { return 0 }
            let start = index
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
            guard index > start else { return nil }
            let digits = bytes[start..<index].prefix(3)
            let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            return [100, 10, 1][digits.count - 1] * value
        }

        /// Minutes east of UTC.
        mutating func offset() -> Int? {
            if take("Z") || take("z") { return 0 }
            let isEast = take("+")
            guard isEast || take("-"), let hour = number(2), take(":"), let minute = number(2), hour < 24, minute < 60
            else { return nil }
            return (isEast ? 1 : -1) * (hour * 60 + minute)
        }
    }
}

extension BinaryInteger {
    /// Division that rounds down, also below zero.
    fileprivate func floored(by divisor: Self) -> Self {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
