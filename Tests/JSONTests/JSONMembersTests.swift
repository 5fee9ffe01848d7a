import JSON
import Testing

/// Reading of objects without `Codable`.
@Suite struct JSONMembersTests {
    private func path(_ text: String, known: [String] = ["key", "size"]) throws -> String? {
        let json = try JSONValue(parsing: text)
        do {
            _ = try JSONMembers(json, known: known)
            return nil
        } catch {
            return error.under("params").path
        }
    }

    @Test func membersThatAreNotKnownAreNamed() throws {
        #expect(try path(#"{"key":1,"size":2}"#) == nil)
        #expect(try path(#"{"key":1,"colour":null}"#) == "params.colour")
        #expect(try path(#"{"":null}"#) == #"params."""#)
        #expect(try path(#"{"[x":null}"#) == "params.[x")
    }

    /// The kelvin sign is equal to K for Swift's strings.
    @Test func namesAreComparedByteForByte() throws {
        #expect(try path("{\"\u{212A}\":null}", known: ["K"]) == "params.\u{212A}")
    }

    @Test func aNullCountsAsAbsent() throws {
        let members = try JSONMembers(["a": nil, "b": 1])
        #expect(try members.optional("a", as: Int.self) == nil)
        #expect(try members.optional("c", as: Int.self) == nil)
        #expect(try members.required("b", as: Int.self) == 1)
        #expect(throws: JSONDecodingError(path: "a", reason: "is missing")) { try members.required("a", as: Int.self) }
    }

    @Test func thePathOfAnErrorLeadsToTheValue() throws {
        let members = try JSONMembers(["list": [1, "x"]])
        #expect(throws: JSONDecodingError(path: "list[1]", reason: #"expected an integer, found "x""#)) {
            try members.required("list", as: [Int].self)
        }
    }
}
