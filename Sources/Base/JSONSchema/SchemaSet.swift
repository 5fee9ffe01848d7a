public import JSON

/// Schemas that refer to each other by name, in the part of JSON Schema 2020-12 that `rpc-schema/` uses.
///
/// The supported keywords are `type`, `enum`, `const`, `pattern`, `minLength`, `maxLength`, `minimum`, `maximum`,
/// `items`, `minItems`, `maxItems`, `properties`, `required`, `additionalProperties` (only `false`), `oneOf` and
/// `$ref`. Annotations and members that begin with `x-` do not restrict values. All other keywords are refused when the
/// set is created, so that a schema cannot contain a rule that is not checked. `x-expected` describes valid values for
/// the error message.
public struct SchemaSet: Sendable {
    var rules: [Rule] = []
    private var indices: [String: Int] = [:]

    /// Compiles schemas by name. Throws ``SchemaError`` for an unsupported or invalid schema.
    ///
    /// `reference` is the text before a name in `$ref`.
    public init(_ schemas: JSONObject, reference: String = "#/components/schemas/") throws(SchemaError) {
        // Every name gets its index before the first rule is compiled, since schemas may refer to each other in cycles.
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

    /// Returns the violations of the schema `name` in `value`, at most 20, or an empty array if the value is valid.
    /// They have the order of the value; in each object, missing members come first.
    ///
    /// `path` is the name of the value itself, such as `params`.
    public func violations(in value: JSONValue, of name: String, path: String) -> [SchemaViolation] {
        guard let index = index(of: name) else {
            return [SchemaViolation(path: path, reason: "there is no schema named \(name)")]
        }
        var check = SchemaCheck(set: self, root: path)
        check.check(value, index)
        return check.violations
    }

    func index(of name: String) -> Int? { indices[name] }
}

/// One way in which a value violates its schema.
public struct SchemaViolation: Sendable, Hashable {
    /// The place: `params.size`, `params.types[2]`.
    public var path: String
    /// The error at that place: "expected a string, found 3".
    public var reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}

/// A schema that cannot be compiled.
public struct SchemaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The place and the error.
    public var description: String

    public init(_ place: String, _ reason: String) {
        description = "the schema \(place): \(reason)"
    }
}
