import AuraModel
import Crypto
public import JSON

/// The parameters of calls, as the audit stores them.
public enum AuditParameters {
    /// The names of members whose values may be secret. They are compared in lower case.
    static let secretNames: Set<String> = [
        "authorization", "cookie", "credential", "key", "passphrase", "password", "privatekey", "secret", "text",
        "token",
        "value",
    ]
    /// The text in place of a value that may be secret.
    static let redacted = JSONValue.string("[redacted]")
    /// The deepest nesting that is stored. Deeper values are replaced like secrets.
    private static let depthLimit = 16

    /// Returns the parameters without values that may be secret, with the members of each object in order. If their JSON
    /// text is longer than `AuditDraft.parametersLimitBytes`, returns its SHA-256 and its length instead.
    public static func stored(_ parameters: JSONValue?) -> JSONValue? {
        guard let parameters, !parameters.isNull else { return nil }
        let stored = canonical(parameters, depth: 0)
        let text = stored.serialized()
        guard text.count > AuditDraft.parametersLimitBytes else { return stored }
        return [
            "length": .integer(Int64(text.count)), "sha256": .string(hexadecimal(SHA256.hash(data: text))),
        ]
    }

    /// Returns stored parameters with every text replaced like a secret. Names of members, numbers and truth values stay.
    public static func withoutTexts(_ parameters: JSONValue?) -> JSONValue? {
        guard let parameters else { return nil }
        switch parameters {
        case .null, .bool, .integer, .double: return parameters
        case .string: return redacted
        case .array(let values): return .array(values.map { withoutTexts($0) ?? .null })
        case .object(let members):
            var kept: JSONObject = [:]
            for (name, value) in members { kept[name] = withoutTexts(value) }
            return .object(kept)
        }
    }

    private static func canonical(_ value: JSONValue, depth: Int) -> JSONValue {
        switch value {
        case .null, .bool, .integer, .double, .string: return value
        case .array where depth == depthLimit, .object where depth == depthLimit: return redacted
        case .array(let values): return .array(values.map { canonical($0, depth: depth + 1) })
        case .object(let members):
            var ordered: JSONObject = [:]
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                ordered[name] = isSecret(name, value) ? redacted : canonical(value, depth: depth + 1)
            }
            return .object(ordered)
        }
    }

    /// Returns true for a text or a structure with a secret's name. Numbers and truth values under such a name are no
    /// secrets, such as a quota of tokens.
    private static func isSecret(_ name: String, _ value: JSONValue) -> Bool {
        guard secretNames.contains(name.lowercased()) else { return false }
        switch value {
        case .null, .bool, .integer, .double: return false
        case .string, .array, .object: return true
        }
    }
}
