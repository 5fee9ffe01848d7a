extension JSONValue {
    /// Whether the value is `null`.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The boolean, or nil if the value is none.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The integer, or nil if the value is none; a double is never rounded to one.
    public var integerValue: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The integer as `Int`, or nil if the value is none.
    public var intValue: Int? {
        integerValue.flatMap(Int.init(exactly:))
    }

    /// The number as a double, or nil if the value is no number.
    ///
    /// An integer counts where a double can hold it exactly.
    public var doubleValue: Double? {
        switch self {
        case .double(let value): value
        case .integer(let value): Double(exactly: value)
        case .null, .bool, .string, .array, .object: nil
        }
    }

    /// The string, or nil if the value is none.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The elements, or nil if the value is no array.
    public var arrayValue: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// The members, or nil if the value is no object.
    public var objectValue: JSONObject? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The member called `name`, or nil if there is none or the value is no object.
    ///
    /// Setting turns a `null` into an object first and leaves every other value that is no object as it is;
    /// setting nil removes the member.
    public subscript(name: String) -> JSONValue? {
        get { objectValue?[name] }
        set {
            guard var members = isNull ? [:] : objectValue else { return }
            self = .null
            members[name] = newValue
            self = .object(members)
        }
    }

    /// The element at `index`, or nil if there is none or the value is no array.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let values) = self, values.indices.contains(index) else { return nil }
        return values[index]
    }
}
