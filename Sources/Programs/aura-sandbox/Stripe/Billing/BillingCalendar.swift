/// The arithmetic of billing periods in UTC, on the proleptic Gregorian calendar.
enum BillingCalendar {
    private static let daySeconds: Int64 = 86_400

    /// Returns the end of period `number` (1 is the first) of a subscription whose first period starts at `anchor`.
    ///
    /// A month without the day of the anchor ends on its last day, and later months have the day of the anchor again.
    static func end(ofPeriod number: Int64, from anchor: Int64, _ recurrence: Stripe.Price.Recurrence) -> Int64 {
        let units = number * recurrence.count
        switch recurrence.interval {
        case .day: return anchor + units * daySeconds
        case .week: return anchor + units * 7 * daySeconds
        case .month: return adding(months: units, to: anchor)
        case .year: return adding(months: units * 12, to: anchor)
        }
    }

    /// Returns the first end of a period that is later than `time`.
    static func nextEnd(after time: Int64, from anchor: Int64, _ recurrence: Stripe.Price.Recurrence) -> Int64 {
        var number: Int64 = 1
        while end(ofPeriod: number, from: anchor, recurrence) <= time { number += 1 }
        return end(ofPeriod: number, from: anchor, recurrence)
    }

    /// Returns the same time of day `months` months later, on the same day or on the last day of a shorter month.
    static func adding(months: Int64, to time: Int64) -> Int64 {
        let days = time >= 0 ? time / daySeconds : (time - daySeconds + 1) / daySeconds
        let (year, month, day) = date(ofDay: days)
        let total = year * 12 + (month - 1) + months
        let (newYear, newMonth) = (total / 12, total % 12 + 1)
        let lastDay = Self.day(of: newMonth == 12 ? newYear + 1 : newYear, newMonth == 12 ? 1 : newMonth + 1, 1)
        let first = Self.day(of: newYear, newMonth, 1)
        return (first + min(day, lastDay - first) - 1) * daySeconds + (time - days * daySeconds)
    }

    /// Returns the number of days from 1970-01-01 to a date after the year 0.
    static func day(of year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Returns the date of a day, counted from 1970-01-01.
    static func date(ofDay number: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = number + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

/// The schedule of attempts to pay an invoice.
struct Dunning: Sendable {
    /// The number of attempts that follow the first one.
    var retries: Int64
    /// The time between two attempts.
    var intervalSeconds: Int64

    /// The consequence of a failed attempt.
    enum Step: Sendable, Hashable {
        /// The next attempt is at this time.
        case retry(at: Int64)
        /// No more attempts are made.
        case giveUp
    }

    /// Returns the consequence of the failed attempt with this number (1 is the first).
    func step(afterAttempt number: Int64, at now: Int64) -> Step {
        number <= retries ? .retry(at: now + intervalSeconds) : .giveUp
    }
}
