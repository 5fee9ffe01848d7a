public import JSON

/// Schemas that refer to each other by name: the part of JSON Schema 2020-12 that `rpc-schema/` uses.
///
/// Known are `type`, `enum`, `const`, `pattern`, `minLength`, `maxLength`, `minimum`, `maximum`, `items`, `minItems`,
/// `maxItems`, `properties`, `required`, `additionalProperties` (only `false`), `oneOf` and `$ref`; annotations and members that
/// begin with `x-` say nothing of values. Anything else is refused when the set is made, so that no schema promises what nobody
/// checks. `x-expected` says in words what a value has to be, for whoever gave another.
public struct SchemaSet: Sendable {
    var rules: [Rule] = []
    private var indices: [String: Int] = [:]

    /// Compiles schemas by name.
    ///
    /// - Parameter reference: what stands before a name in `$ref`.
    public init(_ schemas: JSONObject, reference: String = "#/components/schemas/") throws(SchemaError) {
        // Every name has its place before any rule is made, since schemas may refer to each other in circles.
        for name in schemas.keys {
            indices[name] = rules.count
            rules.append(Rule())
        }
        for (name, schema) in schemas {
            var compiler = SchemaCompiler(set: self, reference: reference)
            let rule = try compiler.rule(schema, at: name)
            self = compiler.set
            rules[indices[name] ?? 0] = rule
        }
    }

    /// Everything in which `value` is not what the schema `name` says, in the value's order; nothing where it is.
    ///
    /// - Parameter path: what the value itself is called: `params`.
    public func violations(in value: JSONValue, of name: String, path: String) -> [SchemaViolation] {
        guard let index = index(of: name) else {
            return [SchemaViolation(path: path, reason: "there is no schema named \(name)")]
        }
        var check = SchemaCheck(set: self)
        check.check(value, index, path)
        return check.violations
    }

    func index(of name: String) -> Int? { indices[name] }
}

/// Something in which a value is not what its schema says.
public struct SchemaViolation: Sendable, Hashable {
    /// The place: `params.size`, `params.types[2]`.
    public var path: String
    /// What is wrong there: "expected a string, found 3".
    public var reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}

/// A schema that cannot be used.
public struct SchemaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where it is, and what is wrong there.
    public var description: String

    public init(_ place: String, _ reason: String) {
        description = "the schema \(place): \(reason)"
    }
}
