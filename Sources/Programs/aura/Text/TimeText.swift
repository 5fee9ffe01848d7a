import AuraModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Formats times and durations for people.
enum TimeText {
    /// Formats a duration as on a stopwatch: `0:07`, `12:34`, `1:02:03`.
    static func stopwatch(_ duration: Duration) -> String {
        let seconds = max(duration.wholeMilliseconds, 0) / 1000
        let tail = "\(twoDigits(Int(seconds % 60)))"
        if seconds < 3600 { return "\(seconds / 60):\(tail)" }
        return "\(seconds / 3600):\(twoDigits(Int(seconds / 60 % 60))):\(tail)"
    }

    /// Formats an age in the largest unit of which it has at least two: `7 s`, `12 min`, `3 h`, `41 d`.
    static func age(_ duration: Duration) -> String {
        let seconds = max(duration.wholeMilliseconds, 0) / 1000
        return switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }

    /// Formats the rest of a wait in seconds, rounded up: `60 s`.
    static func countdown(_ left: Duration) -> String {
        "\((max(left.wholeMilliseconds, 0) + 999) / 1000) s"
    }

    /// Returns `0:41 of about 2:10`, or `0:41` if no duration is expected.
    static func elapsed(_ duration: Duration, expected: Double) -> String {
        expected > 0 ? "\(stopwatch(duration)) of \(about(expected))" : stopwatch(duration)
    }

    /// Returns `about 2:10` for a number of seconds.
    static func about(_ expected: Double) -> String {
        "about \(stopwatch(.milliseconds(Int64(max(expected.rounded(), 1) * 1000))))"
    }

    /// Formats the local time of day: `12:00:03`.
    static func clock(_ moment: Timestamp) -> String {
        let parts = local(moment)
        return [parts.tm_hour, parts.tm_min, parts.tm_sec].map { twoDigits(Int($0)) }.joined(separator: ":")
    }

    /// Formats the local date and time: `2026-11-20 12:00:03`.
    static func date(_ moment: Timestamp) -> String {
        let parts = local(moment)
        let day = "\(parts.tm_year + 1900)-\(twoDigits(Int(parts.tm_mon) + 1))-\(twoDigits(Int(parts.tm_mday)))"
        return "\(day) \(clock(moment))"
    }

    /// Formats the local date and time with the age: `2026-11-20 12:00:03 (3 h ago)`.
    static func moment(_ moment: Timestamp, now: Timestamp) -> String {
        "\(date(moment)) (\(age(now - moment)) ago)"
    }

    private static func local(_ moment: Timestamp) -> tm {
        var seconds = time_t(moment.milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return parts
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
