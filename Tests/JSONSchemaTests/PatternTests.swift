import Testing

@testable import JSONSchema

/// A compiled pattern matches the texts that `Regex` matches.
@Suite struct PatternTests {
    static let patterns = [
        "^[a-z]([a-z0-9-]*[a-z0-9])?$", "^[!-~]{1,128}$", "^([a-z]([a-z0-9-]*[a-z0-9])?|[0-9A-Fa-f-]{36})$",
        "^a{2,3}b+$",
        "^(ab|a)(bc|c)?$", "^[a-]{0,2}$", "^x{2,}$", "^$",
    ]

    @Test(arguments: patterns)
    func aWholeMatchOfCharactersIsATable(pattern: String) throws {
        #expect(try Pattern(pattern).isTable)
    }

    @Test(arguments: [
        "a", "^a", "a$", "^a|b$", #"^\d$"#, "^[^a]$", "^.$", "^a*?$", "^(?=a)$", "^a**$", #"^[\w]$"#, "^é$",
        "^a{1000}$",
    ])
    func anotherPatternIsLeftToRegex(pattern: String) {
        #expect((try? Pattern(pattern))?.isTable ?? false == false)
    }

    @Test(arguments: patterns)
    func aTableMatchesWhatRegexMatches(pattern: String) throws {
        let table = try Pattern(pattern)
        let expression = try Regex(pattern)
        var random = SystemRandomNumberGenerator()
        let characters = Array("abcxz-09AF!~ é\u{1}\n")
        let fixed = [
            "", "a", "ab", "abc", "abbc", "aab", "aaabb", "aaaab", "x", "xx", "0199d3c0-0000-7000-8000-00000000000a",
        ]
        let texts =
            fixed
            + (0..<500).map { _ in
                String(
                    (0..<Int.random(in: 0...6, using: &random)).compactMap { _ in
                        characters.randomElement(using: &random)
                    })
            }
        for text in texts {
            #expect(table.matches(text) == (text.firstMatch(of: expression) != nil), "\(text)")
        }
    }

    @Test func repetitionsAreCounted() throws {
        let pattern = try Pattern("^[!-~]{1,128}$")
        #expect(!pattern.matches(""))
        #expect(pattern.matches(String(repeating: "x", count: 128)))
        #expect(!pattern.matches(String(repeating: "x", count: 129)))
    }
}
