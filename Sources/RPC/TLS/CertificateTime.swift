package import FoundationEssentials

/// Conversion between the times of certificates and seconds since 1970.
package enum CertificateTime {
    /// Returns the date of a number of seconds since 1970.
    package static func date(_ seconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(seconds))
    }

    /// Returns the whole seconds since 1970.
    package static func seconds(_ date: Date) -> Int64 {
        Int64(date.timeIntervalSince1970.rounded(.down))
    }
}
