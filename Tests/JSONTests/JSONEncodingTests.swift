import JSON
import Testing

@Suite struct JSONEncodingTests {
    struct Inner: Codable, Equatable { var value: UInt16 }

    struct Outer: Codable, Equatable {
        var text: String
        var missing: String?
        var flag: Bool
        var ratio: Float
        var inner: Inner
        var list: [Inner?]
        var free: JSONValue
        var object: JSONObject
        var names: [String: Int]
    }

    let outer = Outer(
        text: "x", missing: nil, flag: true, ratio: 0.5, inner: Inner(value: 7), list: [Inner(value: 1), nil],
        free: [1, nil], object: ["k": "v"], names: ["one": 1])

    @Test func nilIsLeftOutAndOrderIsKept() throws {
        let text = try JSONCoder.encodeString(outer)
        let expected =
            #"""
            {"text":"x","flag":true,"ratio":0.5,"inner":{"value":7},"list":[{"value":1},null],\#
            "free":[1,null],"object":{"k":"v"},"names":{"one":1}}
            """#
        #expect(text == expected)
    }

    @Test func encodedValuesAreDecodedUnchanged() throws {
        #expect(try JSONCoder.decode(Outer.self, from: JSONCoder.encode(outer), rejectsUnknownKeys: true) == outer)
        #expect(try JSONCoder.decode([Double].self, from: "[1,2.5]") == [1, 2.5])
    }

    @Test func numbersWithoutAJSONFormAreRefused() {
        #expect(throws: EncodingError.self) { try JSONValueEncoder().encode(Double.nan) }
        #expect(throws: EncodingError.self) { try JSONValueEncoder().encode(["x": [Double.infinity]]) }
        #expect(throws: EncodingError.self) { try JSONValueEncoder().encode([UInt64.max]) }
    }

    @Test func nestedContainersKeepTheirPosition() throws {
        struct Flat: Encodable {
            enum Outer: String, CodingKey { case first, position, list, last }
            enum Inner: String, CodingKey { case x, y }
            func encode(to encoder: any Encoder) throws {
                var outer = encoder.container(keyedBy: Outer.self)
                try outer.encode(1, forKey: .first)
                var inner = outer.nestedContainer(keyedBy: Inner.self, forKey: .position)
                var list = outer.nestedUnkeyedContainer(forKey: .list)
                try outer.encode(2, forKey: .last)
                try inner.encode(3, forKey: .x)
                try list.encode(4)
                var element = list.nestedContainer(keyedBy: Inner.self)
                try list.encodeNil()
                try element.encode(5, forKey: .y)
                var again = outer.nestedContainer(keyedBy: Inner.self, forKey: .position)
                try again.encode("z", forKey: .y)
            }
        }
        let text = try JSONCoder.encodeString(Flat())
        #expect(text == #"{"first":1,"position":{"x":3,"y":"z"},"list":[4,{"y":5},null],"last":2}"#)
    }

    @Test func superclassesAreEncodedUnderSuper() throws {
        class Base: Encodable { var a = 1 }
        final class Derived: Base {
            enum Key: String, CodingKey { case b }
            override func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(2, forKey: .b)
                try super.encode(to: container.superEncoder())
            }
        }
        #expect(try JSONValueEncoder().encode(Derived()) == ["b": 2, "super": ["a": 1]])
    }

    @Test func emptyValuesHaveTheirJSONForm() throws {
        struct Empty: Codable {}
        #expect(try JSONValueEncoder().encode(Empty()) == [:])
        #expect(try JSONValueEncoder().encode([Int]()) == [])
        #expect(try JSONValueEncoder().encode(Int?.none) == nil)
    }
}
