public import AuraModel

/// The labels of every resource that Aura creates at a provider.
///
/// A value is empty or has 1 to 63 letters, digits, `-`, `_` and `.`, alphanumeric at both ends (`facts/hetzner.md`
/// §7).
public enum Labels {
    /// The name of the label that every resource of Aura has.
    public static let manager = "managed-by"
    /// The value of that label.
    public static let managerValue = "aura"
    /// The name of the label with the installation's id.
    public static let installation = "aura-installation"
    /// The name of the label with the instance's id.
    public static let instance = "aura-instance"

    /// Returns the labels that select every resource of this installation.
    public static func owned(by installation: String) -> [String: String] {
        [manager: managerValue, Self.installation: installation]
    }

    /// True if the labels mark a resource as one of this installation.
    public static func areOwned(_ labels: [String: String], by installation: String) -> Bool {
        owned(by: installation).allSatisfy { labels[$0.key] == $0.value }
    }

    /// Returns the labels of a resource that a job creates for an instance.
    public static func of(_ instance: Instance, job: Job, installation: String) -> [String: String] {
        var labels = owned(by: installation)
        labels[Self.instance] = value(instance.id.text)
        labels["aura-tenant"] = value(instance.tenant.text)
        labels["aura-generation"] = String(instance.generation)
        labels["aura-job"] = value(job.id.text)
        labels["aura-change"] = value(job.change.text)
        return labels
    }

    /// True if the labels mark a resource as this instance's, so that it may be adopted or deleted.
    public static func mark(_ labels: [String: String], as instance: Instance, of installation: String) -> Bool {
        labels[manager] == managerValue && labels[Self.installation] == installation
            && labels[Self.instance] == value(instance.id.text)
    }

    /// Converts a text to a valid label value: at most 63 characters, `-` for each character that is not permitted, and
    /// no punctuation at the ends.
    public static func value(_ text: String) -> String {
        let kept = text.unicodeScalars.prefix(63).map { isPlain($0) ? Character($0) : "-" }
        let ends = { (character: Character) in !character.isLetter && !character.isNumber }
        return String(kept.drop(while: ends).reversed().drop(while: ends).reversed())
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "-_.".unicodeScalars.contains(scalar))
    }
}
