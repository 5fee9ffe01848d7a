import JSON
import Testing

@Suite struct JSONValueTests {
    @Test func equalityIgnoresTheOrderOfMembers() {
        let left: JSONValue = ["a": 1, "b": [["x": 1, "y": 2]]]
        let right: JSONValue = ["b": [["y": 2, "x": 1]], "a": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left != ["a": 1, "b": [["x": 1, "y": 3]]])
        #expect(left != ["a": 1])
        #expect(([1, 2] as JSONValue) != [2, 1])
    }

    @Test func valuesOfDifferentKindsAreNotEqual() {
        #expect(JSONValue.integer(1) != .double(1))
        #expect(JSONValue.string("1") != .integer(1))
        #expect(JSONValue.null != .bool(false))
    }

    @Test func accessorsReturnValuesOfTheirKindOnly() {
        let value: JSONValue = ["s": "x", "i": 3, "d": 1.5, "b": true, "n": nil, "a": [1, 2], "o": ["k": "v"]]
        #expect(value["s"]?.stringValue == "x")
        #expect(value["i"]?.integerValue == 3)
        #expect(value["i"]?.intValue == 3)
        #expect(value["i"]?.doubleValue == 3.0)
        #expect(value["d"]?.doubleValue == 1.5)
        #expect(value["d"]?.integerValue == nil)
        #expect(value["b"]?.boolValue == true)
        #expect(value["n"]?.isNull == true)
        #expect(value["a"]?[1] == 2)
        #expect(value["a"]?[2] == nil)
        #expect(value["o"]?["k"] == "v")
        #expect(value["missing"] == nil)
        #expect(value["s"]?["k"] == nil)
        #expect(value.stringValue == nil)
    }

    @Test func membersAreSetAndRemoved() {
        var value: JSONValue = nil
        value["a"] = 1
        value["b"] = 2
        value["a"] = nil
        #expect(value == ["b": 2])
        var text: JSONValue = "x"
        text["a"] = 1
        #expect(text == "x")
    }
}
