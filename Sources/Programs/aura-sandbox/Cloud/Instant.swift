import FoundationEssentials

/// A time of the sandbox's wall clock.
struct Instant: Sendable, Comparable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z.
    var seconds: Double

    static func < (left: Instant, right: Instant) -> Bool { left.seconds < right.seconds }
    static func + (left: Instant, right: Double) -> Instant { Instant(seconds: left.seconds + right) }
    static func - (left: Instant, right: Instant) -> Double { left.seconds - right.seconds }

    /// RFC 3339 in UTC with whole seconds, as Hetzner and Tailscale write it: `2026-11-20T12:00:00Z`.
    var text: String {
        let whole = Int(seconds.rounded(.down))
        let days = whole >= 0 ? whole / 86_400 : (whole - 86_399) / 86_400
        let second = whole - days * 86_400
        let date = Self.civil(days: days)
        let clock = [second / 3_600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        return "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))-\(Self.padded(date.day, 2))T\(clock)Z"
    }

    /// Returns the calendar date of a day counted from 1970-01-01, by Howard Hinnant's `civil_from_days`.
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// The sandbox's source of time. It is a parameter, so that tests of the cloud's logic can set the time.
struct Clock: Sendable {
    /// Returns the current time.
    var now: @Sendable () -> Instant

    /// The system clock.
    static let system = Clock { Instant(seconds: Date().timeIntervalSince1970) }
}
