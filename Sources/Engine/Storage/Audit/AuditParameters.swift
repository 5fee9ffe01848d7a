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
    /// The text in place of a value of a refused call.
    static let notStored = JSONValue.string("[not stored]")
    /// The members of refused calls whose texts are stored: they name the objects of the call.
    static let objectNames: Set<String> = ["instance", "job", "name", "principal", "tenant"]
    /// The longest name of an object, in characters.
    private static let nameLimit = 64
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

    /// Returns stored parameters without the texts of a refused call, except the names and ids of its objects.
    ///
    /// A caller may have put a secret in the place of another parameter, and such a call is mostly refused. A name or an
    /// id is at most ``nameLimit`` lower-case letters, digits, dots, underscores and hyphens. Members that cannot be
    /// parameters of a method are left out.
    public static func refused(_ stored: JSONValue?) -> JSONValue? {
        guard case .object(let members)? = stored else { return stored.map(withoutTexts) }
        var kept: JSONObject = [:]
        for (name, value) in members where isParameter(name) {
            kept[name] = objectNames.contains(name) && isName(value) ? value : withoutTexts(value)
        }
        return .object(kept)
    }

    private static func withoutTexts(_ value: JSONValue) -> JSONValue {
        switch value {
        case .null, .bool, .integer, .double, redacted: value
        case .string, .array, .object: notStored
        }
    }

    private static func isName(_ value: JSONValue) -> Bool {
        guard let text = value.stringValue, (1...nameLimit).contains(text.utf8.count) else { return false }
        return text.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || ".-_".contains($0)) }
    }

    /// Returns true for 1 to 32 ASCII letters, which all parameters of methods have as their names.
    private static func isParameter(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count) && name.allSatisfy { $0.isASCII && $0.isLetter }
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
