/// A mismatch between the settings and a provider, found before a machine is created.
public struct ProviderFinding: Sendable, Hashable, CustomStringConvertible {
    /// The effect of a finding.
    public enum Severity: String, Sendable, Hashable {
        /// Machines can be created, but a part of the configuration is not available.
        case warning
        /// The creation or the enrolment of a machine would fail.
        case error
    }

    /// The effect of the finding.
    public var severity: Severity
    /// The setting to change, such as `hetzner.placements`.
    public var setting: String
    /// A description of the problem and its remedy.
    public var message: String

    /// Creates a finding.
    public init(_ severity: Severity, setting: String, _ message: String) {
        self.severity = severity
        self.setting = setting
        self.message = message
    }

    /// The severity, the setting and the message in one line.
    public var description: String { "\(severity.rawValue): \(setting): \(message)" }
}

/// Suggestions for mistyped names.
public enum NearestName {
    /// Returns the name with the smallest Levenshtein distance, without regard to case. If several have the same
    /// distance, the name with the longest common prefix wins, then the first in alphabetical order. Returns `nil` if
    /// `names` is empty.
    public static func of(_ name: String, in names: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased())
        let ranked = names.map { candidate -> (distance: Int, differs: Int, name: String) in
            let letters = Array(candidate.lowercased())
            return (distance(wanted, letters), -zip(wanted, letters).prefix { $0 == $1 }.count, candidate)
        }
        return ranked.min { ($0.distance, $0.differs, $0.name) < ($1.distance, $1.differs, $1.name) }?.name
    }

    /// Returns the Levenshtein distance.
    public static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let substituted = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
