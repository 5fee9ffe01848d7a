import AuraModel
import Testing

@testable import aura

@Suite struct TextTests {
    @Test(arguments: [
        ("", 0), ("ada", 3), ("ä", 1), ("日本", 4), ("✓ ok", 4), ("🚀", 2), ("e\u{301}", 1), ("█░", 2),
    ])
    func columnsCountTheTerminalWidthOfAText(_ text: String, _ expected: Int) {
        #expect(text.columns == expected)
    }

    @Test func controlCharactersAreReplacedBySpaces() {
        #expect("a\u{1B}[31mb\nc\td\u{7}".printable == "a [31mb c d")
        #expect("left\u{202E}right".printable == "left right")
        #expect("plain ä 日本".printable == "plain ä 日本")
        #expect(Line("a\nb").text == "a b")
    }

    @Test func documentsEscapeTerminalControlCharacters() {
        func escaped(_ text: String) -> String { String(decoding: Array(text.utf8).jsonForTerminals, as: UTF8.self) }
        #expect(escaped("\"a\u{9B}31m\u{7F}\"") == #""a\u009b31m\u007f""#)
        #expect(escaped("\"\u{202E}\u{2028}\u{2029}\u{200B}\"") == #""\u202e\u2028\u2029\u200b""#)
        #expect(escaped("\"\u{E0041}\"") == #""\udb40\udc41""#)
        #expect(escaped(#"{"ä":"日本 🚀"}"#) == #"{"ä":"日本 🚀"}"#)
        #expect("left\u{200B}right\u{9B}".printable == "left right")
    }

    @Test func linesAreClippedAcrossTheirPieces() {
        let line = Line("abc", .bold).appending("defgh").appending("ij", .dim)
        #expect(line.clipped(to: 10, ellipsis: "…") == line)
        #expect(line.clipped(to: 9, ellipsis: "…").text == "abcdefgh…")
        #expect(line.clipped(to: 4, ellipsis: "...").text == "a...")
        #expect(line.clipped(to: 3, ellipsis: "…").text == "ab…")
        #expect(line.clipped(to: 0, ellipsis: "…").text == "")
        #expect(Line("日本語").clipped(to: 4, ellipsis: "…").text == "日…")
    }

    @Test func durationsAreFormattedForReaders() {
        #expect(TimeText.stopwatch(.milliseconds(7_900)) == "0:07")
        #expect(TimeText.stopwatch(.seconds(754)) == "12:34")
        #expect(TimeText.stopwatch(.seconds(3723)) == "1:02:03")
        #expect(TimeText.stopwatch(.seconds(-5)) == "0:00")
        #expect(TimeText.elapsed(.seconds(41), expected: 130) == "0:41 of about 2:10")
        #expect(TimeText.elapsed(.seconds(41), expected: 0) == "0:41")
        #expect(TimeText.about(0.2) == "about 0:01")
        #expect(TimeText.countdown(.milliseconds(59_001)) == "60 s")
        #expect(
            [5, 119, 120, 7199, 7200, 172_799, 172_800].map { TimeText.age(.seconds($0)) }
                == ["5 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 d"])
    }

    @Test func tablesAlign() {
        var table = Table(["NAME", "SIZE"])
        table.rows = [["ada", "small"], ["日本", ""], ["x", "a\nb"]]
        #expect(table.lines.map(\.text) == ["NAME  SIZE", "ada   small", "日本  -", "x     a b"])
    }

    @Test func cardsOmitEmptyFields() {
        var card = Card()
        card.add("id", "1")
        card.add("address", nil)
        card.add("region", "")
        card.add("tailnet", "x")
        #expect(card.lines().map(\.text) == ["  id       1", "  tailnet  x"])
    }
}

@Suite struct StyleTests {
    @Test func colourNeedsACapableTerminalAndNoOptOut() {
        #expect(Style.colorWanted(isTerminal: true, environment: ["TERM": "xterm"]))
        #expect(!Style.colorWanted(isTerminal: false, environment: ["TERM": "xterm"]))
        #expect(!Style.colorWanted(isTerminal: true, environment: ["TERM": "dumb"]))
        #expect(!Style.colorWanted(isTerminal: true, environment: ["TERM": "xterm", "NO_COLOR": "1"]))
        #expect(Style.colorWanted(isTerminal: true, environment: ["TERM": "xterm", "NO_COLOR": ""]))
    }

    @Test func glyphsFollowTheLocale() {
        #expect(Glyphs.wanted(environment: ["LANG": "de_DE.UTF-8"]) == .unicode)
        #expect(Glyphs.wanted(environment: ["LANG": "de_DE.UTF-8", "LC_ALL": "C"]) == .ascii)
        #expect(Glyphs.wanted(environment: ["LANG": "C", "LC_ALL": "", "LC_CTYPE": "C.utf8"]) == .unicode)
        #expect(Glyphs.wanted(environment: [:]) == .ascii)
    }
}
