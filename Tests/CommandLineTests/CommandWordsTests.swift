import ArgumentParser
import AuraModel
import Testing

@testable import aura

@Suite struct TimeArgumentTests {
    @Test(
        arguments: [("90s", 90), ("5m", 300), ("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600)] as [(String, Int)]
    )
    func durationsHaveAUnit(_ text: String, _ seconds: Int) throws {
        #expect(try TimeArgument.duration(text) == .seconds(seconds))
    }

    @Test(arguments: ["", "d", "30", "-1d", "0d", "1.5h", "1y", "99999999999999999999d", "36526d", "٣d"])
    func otherDurationsAreRefused(_ text: String) {
        #expect(throws: ValidationError.self) { try TimeArgument.duration(text) }
    }

    @Test func aDateIsItsStartInUTC() throws {
        #expect(try TimeArgument.moment("2027-01-31") == Timestamp("2027-01-31T00:00:00Z"))
        #expect(try TimeArgument.moment("2027-01-31T12:00:00Z") == Timestamp("2027-01-31T12:00:00Z"))
        #expect(throws: ValidationError.self) { try TimeArgument.moment("2027-13-01") }
    }
}
