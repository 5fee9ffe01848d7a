extension JSONValue {
    /// True if the value is `null`.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The boolean, or `nil` if the value is not a boolean.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The integer, or `nil` if the value is not an integer. A double is never rounded to an integer.
    public var integerValue: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The integer as `Int`, or `nil` if the value is not an integer.
    public var intValue: Int? {
        integerValue.flatMap(Int.init(exactly:))
    }

    /// The number as a double, or `nil` if the value is not a number.
    ///
    /// An integer is converted if a double can represent it exactly.
    public var doubleValue: Double? {
        switch self {
        case .double(let value): value
        case .integer(let value): Double(exactly: value)
        case .null, .bool, .string, .array, .object: nil
        }
    }

    /// The string, or `nil` if the value is not a string.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The elements, or `nil` if the value is not an array.
    public var arrayValue: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// The members, or `nil` if the value is not an object.
    public var objectValue: JSONObject? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The member called `name`, or `nil` if the value has no such member or is not an object.
    ///
    /// The setter changes `null` to an object first. It does not change other values that are not objects. Setting
    /// `nil` removes the member.
    public subscript(name: String) -> JSONValue? {
        get { objectValue?[name] }
        set {
            guard var members = isNull ? [:] : objectValue else { return }
            self = .null
            members[name] = newValue
            self = .object(members)
        }
    }

    /// The element at `index`, or `nil` if the value has no such element or is not an array.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let values) = self, values.indices.contains(index) else { return nil }
        return values[index]
    }
}
