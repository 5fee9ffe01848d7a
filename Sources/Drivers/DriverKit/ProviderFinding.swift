/// One thing at a provider that does not fit the settings, found before a machine is made.
public struct ProviderFinding: Sendable, Hashable, CustomStringConvertible {
    public enum Severity: String, Sendable, Hashable {
        /// Machines can be made, but not everything that is configured can be had.
        case warning
        /// Making or joining a machine would fail.
        case error
    }

    public var severity: Severity
    /// The setting to change, such as `hetzner.placements`.
    public var setting: String
    /// What is wrong and the remedy.
    public var message: String

    public init(_ severity: Severity, setting: String, _ message: String) {
        self.severity = severity
        self.setting = setting
        self.message = message
    }

    public var description: String { "\(severity.rawValue): \(setting): \(message)" }
}

/// The name that somebody probably meant.
public enum NearestName {
    /// Returns the name that differs in the fewest letters; among equals the one with the longest common start, then the
    /// first in order. `nil` if there are no names.
    public static func of(_ name: String, in names: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased())
        let ranked = names.map { candidate -> (distance: Int, differs: Int, name: String) in
            let letters = Array(candidate.lowercased())
            return (distance(wanted, letters), -zip(wanted, letters).prefix { $0 == $1 }.count, candidate)
        }
        return ranked.min { ($0.distance, $0.differs, $0.name) < ($1.distance, $1.differs, $1.name) }?.name
    }

    /// Levenshtein's distance.
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
