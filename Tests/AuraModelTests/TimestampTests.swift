import AuraModel
import JSON
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (1_795_176_000_123, "2026-11-20T12:00:00.123Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
        (4_102_444_799_999, "2099-12-31T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
    ])
    func aTimestampHasOneTextForm(_ milliseconds: Int64, _ text: String) {
        let moment = Timestamp(milliseconds: milliseconds)
        #expect(moment.description == text)
        #expect(Timestamp(text) == moment)
    }

    /// Covers every millisecond of one second and 20,000 times over two centuries. Binary fractions must not lose any
    /// of them.
    @Test func everyMillisecondSurvivesTheTextForm() {
        let present = (0..<1000).map { 1_795_176_000_000 + Int64($0) }
        let spread = (0..<20_000).map { -1_000_000_000_000 + Int64($0) * 300_000_007 }
        let lost = (present + spread).filter { Timestamp(Timestamp(milliseconds: $0).description)?.milliseconds != $0 }
        #expect(lost.isEmpty, "\(lost.count) lost, such as \(lost.prefix(3))")
    }

    @Test(arguments: [
        ("2026-11-20T12:00:00Z", 0), ("2026-11-20T12:00:00.5Z", 500), ("2026-11-20T12:00:00.123456Z", 123),
        ("2026-11-20T12:00:00.1239999Z", 123), ("2026-11-20T13:30:00+01:30", 0), ("2026-11-20T04:00:00.250-08:00", 250),
        ("2026-11-20t12:00:00z", 0), ("2026-11-20T12:00:00-00:00", 0), ("2026-11-21T00:00:00+12:00", 0),
    ])
    func formsOfRFC3339AreRead(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == 1_795_176_000_000 + milliseconds)
    }

    @Test(arguments: [
        "", "now", "2026-11-20", "2026-11-20T12:00:00", "2026-11-20 12:00:00", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T12:60:00Z", "2026-11-20T12:00:61Z",
        "2026-11-20T12:00:00.Z", "2026-11-20T12:00:00Zjunk", " 2026-11-20T12:00:00Z", "2026-11-20T12:00:00+0100",
        "2026-11-20T12:00:00+25:00", "26-11-20T12:00:00Z", "2026-1-20T12:00:00Z", "20261120T120000Z",
        "+2026-11-20T12:00:00Z",
        "2026-11-20T12:00:00,5Z", "２026-11-20T12:00:00Z",
    ])
    func textsOutsideRFC3339AreRefused(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func aTimestampIsEncodedAsText() throws {
        let moment = Timestamp(milliseconds: 1_795_176_000_123)
        #expect(try JSONCoder.encodeString([moment]) == #"["2026-11-20T12:00:00.123Z"]"#)
        #expect(try JSONCoder.decode([Timestamp].self, from: #"["2026-11-20T12:00:00.123Z"]"#) == [moment])
        #expect(throws: (any Error).self) { try JSONCoder.decode([Timestamp].self, from: #"["yesterday"]"#) }
    }

    @Test func timestampsCountInMilliseconds() {
        let moment = Timestamp(milliseconds: 1000)
        #expect(moment + .microseconds(1999) == Timestamp(milliseconds: 1001))
        #expect(moment + .seconds(-2) == Timestamp(milliseconds: -1000))
        #expect(moment - Timestamp(milliseconds: 4000) == .seconds(-3))
        #expect(Timestamp(milliseconds: 1) < moment)
        #expect(Duration.seconds(90).wholeMilliseconds == 90_000)
    }

    /// Only a damaged row has such a time.
    @Test(arguments: [
        (Int64.min, "0000-01-01T00:00:00.000Z"), (-62_167_219_200_001, "0000-01-01T00:00:00.000Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (253_402_300_800_000, "9999-12-31T23:59:59.999Z"), (Int64.max, "9999-12-31T23:59:59.999Z"),
    ])
    func aTimeOutsideTheYearsOfRFC3339IsShownAsTheNearest(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }
}
