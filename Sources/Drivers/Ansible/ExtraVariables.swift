internal import JSON

/// The extra variables of a run (`-e @vars.json`).
///
/// Ansible evaluates every string of an extra-variables file as a Jinja template on the controller, which has access to
/// the daemon's keys. Some of the strings come from clients: change ids, names, tenants. So each string is written as
/// `{"__ansible_unsafe": "…"}`. ansible-core reads that as text that is never a template (`AnsibleJSONDecoder`, core
/// 2.19). A variable that must be a template needs a type of its own here; there is no such variable today.
struct ExtraVariables {
    private var values: JSONObject

    /// Creates the variables.
    ///
    /// - Parameter values: numbers, Booleans, `null` and strings, also inside arrays and objects. Names are not
    ///   changed, because Ansible does not evaluate them.
    init(_ values: JSONObject) {
        self.values = values
    }

    /// Returns the file's text: one JSON object.
    func serialized() -> [UInt8] {
        JSONValue.object(values.mapValues(Self.literal)).serialized()
    }

    private static func literal(_ value: JSONValue) -> JSONValue {
        switch value {
        case .null, .bool, .integer, .double: value
        case .string: .object(["__ansible_unsafe": value])
        case .array(let members): .array(members.map(literal))
        case .object(let members): .object(members.mapValues(literal))
        }
    }
}
