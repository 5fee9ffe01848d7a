/// Conversion to and from RFC 3339 text. It uses integers only, because many milliseconds have no exact binary fraction
/// of a second.
extension Timestamp: CustomStringConvertible {
    private static let dayMilliseconds: Int64 = 86_400_000
    /// The limits of RFC 3339: 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z.
    private static let first: Int64 = -62_167_219_200_000
    private static let last: Int64 = 253_402_300_799_999
    private static let textBytes = 24

    /// The time as RFC 3339 text in UTC with milliseconds: `2026-11-20T12:00:00.123Z`.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(Self.textBytes)
        put(into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the time as RFC 3339 text. A time outside the years 0 to 9999, which only a damaged row has, is written
    /// as the nearest of the two limits.
    func put(into text: inout [UInt8]) {
        let milliseconds = min(max(milliseconds, Self.first), Self.last)
        let days = Calendar.floor(milliseconds, by: Self.dayMilliseconds)
        let date = Calendar.date(ofDay: days)
        let within = milliseconds - days * Self.dayMilliseconds
        let clock = UInt32(truncatingIfNeeded: within)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.textBytes) { bytes in
            /// Puts two digits.
            func put(_ value: UInt32, at index: Int) {
                bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10)
                bytes[index + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10)
            }
            let year = UInt32(truncatingIfNeeded: date.year)
            put(year / 100, at: 0)
            put(year % 100, at: 2)
            bytes[4] = UInt8(ascii: "-")
            put(UInt32(truncatingIfNeeded: date.month), at: 5)
            bytes[7] = UInt8(ascii: "-")
            put(UInt32(truncatingIfNeeded: date.day), at: 8)
            bytes[10] = UInt8(ascii: "T")
            put(clock / 3_600_000, at: 11)
            bytes[13] = UInt8(ascii: ":")
            put(clock / 60_000 % 60, at: 14)
            bytes[16] = UInt8(ascii: ":")
            put(clock / 1000 % 60, at: 17)
            bytes[19] = UInt8(ascii: ".")
            bytes[20] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: clock % 1000 / 100)
            put(clock % 100, at: 21)
            bytes[23] = UInt8(ascii: "Z")
            text.append(contentsOf: UnsafeBufferPointer(bytes))
        }
    }

    /// Reads RFC 3339 text, with or without a fraction, with `Z` or an offset. Returns `nil` if the text is not valid.
    /// Digits below a millisecond are cut off. A leap second counts as the second after it.
    public init?(_ text: String) {
        var scan = Scan(rest: Array(text.utf8)[...])
        guard let year = scan.number(4), scan.skip("-"), let month = scan.number(2), scan.skip("-"),
            let day = scan.number(2), scan.skip("T") || scan.skip("t"), let hour = scan.number(2), scan.skip(":"),
            let minute = scan.number(2), scan.skip(":"), let second = scan.number(2),
            let fraction = scan.fraction(), let offset = scan.offset(), scan.rest.isEmpty,
            (1...12).contains(month), (1...Calendar.days(inMonth: month, of: year)).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        let days = Calendar.day(of: Calendar.CivilDate(year: year, month: month, day: day))
        let seconds = (hour * 60 + minute - offset) * 60 + second
        self.init(milliseconds: days * Self.dayMilliseconds + seconds * 1000 + fraction)
    }

    /// A cursor over the text's bytes. Each method consumes matching bytes at the front.
    private struct Scan {
        var rest: ArraySlice<UInt8>

        mutating func skip(_ mark: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: mark) else { return false }
            rest.removeFirst()
            return true
        }

        mutating func digit() -> Int64? {
            guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            rest.removeFirst()
            return Int64(byte - UInt8(ascii: "0"))
        }

        mutating func number(_ digits: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<digits {
                guard let digit = digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        /// Reads the fraction in milliseconds. Returns 0 if there is no point, and `nil` if no digit follows the point.
        mutating func fraction() -> Int64? {
            guard skip(".") else { return 0 }
            guard var value = digit() else { return nil }
            for _ in 0..<2 { value = value * 10 + (digit() ?? 0) }
            while digit() != nil {}
            return value
        }

        /// Reads the offset: the minutes that local time is ahead of UTC.
        mutating func offset() -> Int64? {
            if skip("Z") || skip("z") { return 0 }
            let sign: Int64 = skip("+") ? 1 : -1
            guard sign == 1 || skip("-"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24,
                minutes < 60
            else { return nil }
            return sign * (hours * 60 + minutes)
        }
    }
}

/// The proleptic Gregorian calendar, after Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms". Years begin
/// in March, so that the leap day is their last day. 400 years have 146,097 days.
private enum Calendar {
    struct CivilDate {
        var year: Int64
        var month: Int64
        var day: Int64
    }

    private static let eraDays: Int64 = 146_097
    /// The days from 0000-03-01 to 1970-01-01.
    private static let epochDays: Int64 = 719_468

    static func floor(_ value: Int64, by divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : (value + 1) / divisor - 1
    }

    static func day(of date: CivilDate) -> Int64 {
        let year = date.month <= 2 ? date.year - 1 : date.year
        let era = floor(year, by: 400)
        let yearOfEra = year - era * 400
        let monthFromMarch = (date.month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + date.day - 1
        return era * eraDays + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - epochDays
    }

    static func date(ofDay day: Int64) -> CivilDate {
        let shifted = day + epochDays
        let era = floor(shifted, by: eraDays)
        let dayOfEra = shifted - era * eraDays
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return CivilDate(year: year, month: month, day: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        switch month {
        case 2: return isLeap ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }
}
