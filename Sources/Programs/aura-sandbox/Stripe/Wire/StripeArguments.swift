import JSON

/// The parameters of a call, or a nested part of them, with typed access. Errors name the parameter as the client wrote
/// it: `items[0][price]`.
struct StripeArguments: Sendable {
    private let members: JSONObject
    /// The path of this part; empty for the whole.
    private let prefix: String

    init(_ members: JSONObject, prefix: String = "") {
        self.members = members
        self.prefix = prefix
    }

    /// Returns the whole name of a member.
    func name(of member: String) -> String { prefix.isEmpty ? member : "\(prefix)[\(member)]" }

    /// Returns true if the parameter was sent, also with an empty value.
    func has(_ member: String) -> Bool { members[member] != nil }

    /// Throws 400 `parameter_unknown` if there is a member other than these and `expand`.
    func allow(_ names: Set<String>) throws {
        for member in members.keys where !names.contains(member) && !(prefix.isEmpty && member == "expand") {
            throw StripeError(
                status: 400, code: "parameter_unknown", message: "Received unknown parameter: \(name(of: member))",
                param: name(of: member))
        }
    }

    /// Returns a text, or `nil` if it was not sent. An empty text means that the client unsets the value.
    func text(_ member: String) throws -> String? {
        guard let value = members[member] else { return nil }
        guard let text = value.stringValue else {
            throw StripeError.invalid(name(of: member), "Invalid string: \(value.serializedString())")
        }
        guard text.utf8.count <= 5_000 else {
            throw StripeError.invalid(name(of: member), "Invalid string: must be at most 5000 characters")
        }
        return text
    }

    /// Returns a text that is not empty, or throws 400 `parameter_missing`.
    func required(_ member: String) throws -> String {
        guard let text = try text(member), !text.isEmpty else { throw missing(member) }
        return text
    }

    /// Returns the error for a parameter that was not sent.
    func missing(_ member: String) -> StripeError {
        StripeError(
            status: 400, code: "parameter_missing", message: "Missing required param: \(name(of: member)).",
            param: name(of: member))
    }

    /// Returns an integer, or `nil` if it was not sent or is empty.
    func integer(_ member: String, in range: ClosedRange<Int64>) throws -> Int64? {
        guard let text = try text(member), !text.isEmpty else { return nil }
        guard let value = Int64(text) else {
            throw StripeError(
                status: 400, code: "parameter_invalid_integer", message: "Invalid integer: \(text)",
                param: name(of: member))
        }
        guard range.contains(value) else {
            throw StripeError(
                status: 400, code: "parameter_invalid_integer",
                message: "Invalid integer: \(value) is not between \(range.lowerBound) and \(range.upperBound)",
                param: name(of: member))
        }
        return value
    }

    /// Returns a boolean, or `nil` if it was not sent.
    func flag(_ member: String) throws -> Bool? {
        guard let text = try text(member) else { return nil }
        guard let value = Bool(text) else { throw StripeError.invalid(name(of: member), "Invalid boolean: \(text)") }
        return value
    }

    /// Returns one of the raw values of an enumeration, or `nil` if it was not sent.
    func choice<Value: RawRepresentable & CaseIterable>(_ member: String, _ type: Value.Type) throws -> Value?
    where Value.RawValue == String {
        guard let text = try text(member) else { return nil }
        guard let value = Value(rawValue: text) else {
            let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw StripeError.invalid(name(of: member), "Invalid \(member): must be one of \(names)")
        }
        return value
    }

    /// Returns a nested part, or `nil` if it was not sent or is unset with an empty value.
    func part(_ member: String) throws -> StripeArguments? {
        guard let value = members[member], value != "" else { return nil }
        guard let nested = value.objectValue else {
            throw StripeError.invalid(name(of: member), "Invalid object")
        }
        return StripeArguments(nested, prefix: name(of: member))
    }

    /// Returns the elements of a list of parts, in the order of their indices.
    func list(_ member: String) throws -> [StripeArguments] {
        guard let list = try part(member) else { return [] }
        return try list.indices().compactMap { try list.part($0) }
    }

    /// Returns the elements of a list of texts, or `nil` if it was not sent.
    func texts(_ member: String) throws -> [String]? {
        guard has(member) else { return nil }
        guard let list = try part(member) else { return [] }
        return try list.indices().map { try list.required($0) }
    }

    private func indices() throws -> [String] {
        let numbers = try members.keys.map { key in
            guard let number = Int(key), number >= 0 else { throw StripeError.invalid(prefix, "Invalid array") }
            return (number, key)
        }
        return numbers.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Returns `metadata` after the changes of the call: a key with an empty value is removed, and an empty `metadata`
    /// removes all keys.
    func metadata(changing old: [String: String] = [:]) throws -> [String: String] {
        guard let changes = try part("metadata") else { return has("metadata") ? [:] : old }
        var new = old
        for key in changes.members.keys {
            let value = try changes.text(key) ?? ""
            guard key.count <= 40, value.count <= 500 else {
                throw StripeError.invalid(changes.name(of: key), "Metadata keys have at most 40 characters, values 500")
            }
            new[key] = value.isEmpty ? nil : value
        }
        guard new.count <= 50 else { throw StripeError.invalid("metadata", "Metadata has at most 50 keys") }
        return new
    }
}
