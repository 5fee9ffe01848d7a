import JSON
import Testing

@Suite struct JSONDecodingTests {
    enum Size: String, Codable, CaseIterable { case small, large }

    struct Disk: Codable, Equatable {
        var gigabytes: Int
        var label: String?
    }

    struct Machine: Codable, Equatable {
        var name: String
        var size: Size
        var weight: Double?
        var disks: [Disk]?
        var tags: [String: String]?
        var extra: JSONValue?
        var object: JSONObject?
    }

    func decode(_ value: JSONValue, strict: Bool = true) throws -> Machine {
        try JSONValueDecoder(rejectsUnknownKeys: strict, rootName: "params").decode(Machine.self, from: value)
    }

    @Test func allKindsOfValuesAreDecoded() throws {
        let machine = try decode([
            "name": "ada", "size": "small", "weight": 3, "disks": [["gigabytes": 1], ["gigabytes": 2, "label": nil]],
            "tags": ["a": "b"], "extra": ["free": [1, 2.5]], "object": ["k": 1],
        ])
        #expect(
            machine
                == Machine(
                    name: "ada", size: .small, weight: 3, disks: [Disk(gigabytes: 1), Disk(gigabytes: 2)],
                    tags: ["a": "b"], extra: ["free": [1, 2.5]], object: ["k": 1]))
    }

    static let failures: [(JSONValue, String)] = [
        (["name": 3, "size": "small"], "params.name: expected a string, found 3"),
        (["size": "small"], "params.name: is missing"),
        (["name": "a", "size": "huge"], "params.size: expected one of small, large, found \"huge\""),
        (["name": "a", "size": 1], "params.size: expected a string, found 1"),
        (["name": nil, "size": "small"], "params.name: expected a string, found null"),
        (
            ["name": "a", "size": "small", "disks": [["gigabytes": 1], ["gigabytes": "x"]]],
            "params.disks[1].gigabytes: expected an integer, found \"x\""
        ),
        (
            ["name": "a", "size": "small", "disks": [["gigabytes": 1.5]]],
            "params.disks[0].gigabytes: expected an integer, found 1.5"
        ),
        (["name": "a", "size": "small", "disks": [:]], "params.disks: expected an array, found an object"),
        (["name": "a", "size": "small", "weight": "1"], "params.weight: expected a number, found \"1\""),
        (["name": "a", "size": "small", "sise": 1], "params.sise: is not known here"),
        (
            ["name": "a", "size": "small", "disks": [["gigabytes": 1, "gb": 1]]],
            "params.disks[0].gb: is not known here"
        ),
        (["name": "a", "size": "small", "object": []], "params.object: expected an object, found an array"),
        ([], "params: expected an object, found an array"),
        ("text", "params: expected an object, found \"text\""),
    ]

    @Test(arguments: failures)
    func errorsNamePathAndReason(value: JSONValue, message: String) {
        let error = #expect(throws: JSONDecodingError.self) { try decode(value) }
        #expect(error?.description == message)
    }

    @Test func unknownMembersAreIgnoredIfNotStrict() throws {
        #expect(throws: Never.self) { try decode(["name": "a", "size": "small", "other": 1], strict: false) }
    }

    @Test func membersOfADictionaryAndOfFreeJSONAreAccepted() throws {
        #expect(throws: Never.self) {
            try decode(["name": "a", "size": "small", "tags": ["anything": "x"], "extra": ["any": ["thing": 1]]])
        }
    }

    @Test func containersAreNotQuotedInErrors() {
        let error = #expect(throws: JSONDecodingError.self) {
            try decode(["name": ["token": "hunter2"], "size": "small"])
        }
        #expect(error?.reason == "expected a string, found an object")
    }

    static let integers: [(JSONValue, Bool)] = [
        (0, true), (255, true), (256, false), (-1, false), (3.0, true), (1e2, true), (256.0, false), (0.5, false),
        (1e300, false),
    ]

    @Test(arguments: integers)
    func integersMustFitTheirType(value: JSONValue, fits: Bool) {
        let decoded = try? JSONValueDecoder().decode(UInt8.self, from: value)
        #expect((decoded != nil) == fits)
    }

    @Test func anErrorOfATypeKeepsItsTextAndGetsThePath() {
        struct Port: Decodable {
            init(from decoder: any Decoder) throws {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "must be even"))
            }
        }
        let error = #expect(throws: JSONDecodingError.self) {
            try JSONValueDecoder(rootName: "params").decode([String: [Port]].self, from: ["ports": [1]])
        }
        #expect(error?.description == "params.ports[0]: must be even")
    }

    @Test func nestedContainersAreRead() throws {
        struct Flat: Decodable, Equatable {
            var x: Int
            var list: [Int]
            enum Outer: String, CodingKey { case position, list }
            enum Inner: String, CodingKey { case x }
            init(from decoder: any Decoder) throws {
                let outer = try decoder.container(keyedBy: Outer.self)
                x = try outer.nestedContainer(keyedBy: Inner.self, forKey: .position).decode(Int.self, forKey: .x)
                var elements = try outer.nestedUnkeyedContainer(forKey: .list)
                list = []
                while !elements.isAtEnd {
                    if try !elements.decodeNil() { list.append(try elements.decode(Int.self)) }
                }
            }
        }
        let value: JSONValue = ["position": ["x": 4], "list": [1, nil, 2]]
        let flat = try JSONValueDecoder(rejectsUnknownKeys: true).decode(Flat.self, from: value)
        #expect(flat.x == 4)
        #expect(flat.list == [1, 2])
        #expect(throws: JSONDecodingError(path: "position.y", reason: "is not known here")) {
            try JSONValueDecoder(rejectsUnknownKeys: true).decode(
                Flat.self, from: ["position": ["x": 4, "y": 1], "list": []])
        }
    }
}
