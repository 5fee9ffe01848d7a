import JSON
import JSONSchema
import Testing

@Suite struct SchemaSetTests {
    /// Returns the violations of `value`, as `path: reason`.
    private func check(_ schema: JSONValue, _ value: JSONValue, others: JSONObject = [:]) throws -> [String] {
        var schemas = others
        schemas["It"] = schema
        return try SchemaSet(schemas).violations(in: value, of: "It", path: "it").map { "\($0.path): \($0.reason)" }
    }

    @Test(
        arguments: [
            (["type": "string"], ["a", ""], [1, true, .null, [:], []]),
            (["type": "integer"], [0, -1, 3.0, 1e3], [1.5, "1", true]),
            (["type": "number"], [0, 1.5], ["1", .null]),
            (["type": "boolean"], [true, false], [0, "true"]),
            (["type": ["string", "null"]], ["a", .null], [1]),
            (["type": "null"], [.null], [0, [:]]),
            (["enum": ["a", 1]], ["a", 1, 1.0], ["b", 2]),
            (["const": 2], [2, 2.0], [3, "2"]),
            (["minimum": 1, "maximum": 3], [1, 3, 2.5, "not a number"], [0, 3.1, 4]),
            (["minLength": 2, "maxLength": 3], ["ab", "äöü", 1], ["a", "abcd"]),
            (["pattern": "^[a-z]+$"], ["abc"], ["", "Abc", "abc\n", "a b"]),
            (["pattern": "b"], ["abc"], ["ac"]),
            (["minItems": 1, "maxItems": 2], [[1], [1, 2]], [[], [1, 2, 3]]),
            (["items": ["type": "string"]], [["a"], []], [["a", 1]]),
            (["required": ["a"]], [["a": 1]], [[:]]),
            (["properties": ["a": ["type": "string"]]], [["a": "x"], ["b": 1], [:]], [["a": 1]]),
            (["properties": ["a": [:]], "additionalProperties": false], [["a": 1], [:]], [["b": 1]]),
            (["oneOf": [["type": "string"], ["type": "integer"]]], ["a", 1], [1.5, .null]),
            (["oneOf": [["minimum": 1], ["maximum": 3]]], [0, 4], [2]),
            ([:], [1, "a", .null, [:]], []),
        ] as [(JSONValue, [JSONValue], [JSONValue])])
    func eachKeywordAcceptsAndRefusesItsValues(_ schema: JSONValue, _ good: [JSONValue], _ bad: [JSONValue]) throws {
        for value in good { #expect(try check(schema, value) == [], "\(value)") }
        for value in bad { #expect(try !check(schema, value).isEmpty, "\(value)") }
    }

    @Test func everyViolationIsReportedWithItsPath() throws {
        let schema: JSONValue = [
            "type": "object", "required": ["name", "size"], "additionalProperties": false,
            "properties": [
                "name": ["type": "string", "pattern": "^[a-z]+$", "x-expected": "lower-case letters"],
                "size": ["type": "string"], "count": ["type": "integer", "minimum": 1, "maximum": 9],
                "kinds": ["type": "array", "items": ["enum": ["a", "b"]]],
            ],
        ]
        let value: JSONValue = ["name": "Ada", "count": 10, "kinds": ["a", "c"], "sise": 1]
        #expect(
            try check(schema, value) == [
                "it.size: is missing", "it.name: expected lower-case letters, found \"Ada\"",
                "it.count: expected an integer from 1 to 9, found 10", "it.kinds[1]: expected one of a, b, found \"c\"",
                "it.sise: is not known here",
            ])
    }

    @Test func schemasReferToEachOther() throws {
        let tree: JSONValue = [
            "type": "object", "required": ["leaf"],
            "properties": [
                "leaf": ["$ref": "#/components/schemas/Leaf"], "left": ["$ref": "#/components/schemas/It"],
            ],
        ]
        let leaf: JSONValue = ["type": "string", "maxLength": 2, "x-expected": "a short text"]
        #expect(try check(tree, ["leaf": "a", "left": ["leaf": "b"]], others: ["Leaf": leaf]) == [])
        #expect(
            try check(tree, ["leaf": "a", "left": ["leaf": "long"]], others: ["Leaf": leaf])
                == ["it.left.leaf: expected a short text, found \"long\""])
    }

    @Test func atMost20ViolationsAreReported() throws {
        let schema: JSONValue = ["items": ["type": "string"]]
        #expect(try check(schema, .array(Array(repeating: 1, count: 10_000))).count == 20)
    }

    @Test(
        arguments: [
            ["minimun": 1], ["type": "text"], ["$ref": "#/components/schemas/Nothing"], ["pattern": "("],
            ["additionalProperties": true], ["minLength": 3, "maxLength": 2], ["properties": []], ["enum": "a"],
            "string",
        ] as [JSONValue])
    func unsupportedAndInvalidSchemasAreRefused(_ schema: JSONValue) {
        #expect(throws: SchemaError.self) { try SchemaSet(["It": schema]) }
    }
}
