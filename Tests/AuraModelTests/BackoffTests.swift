import AuraModel
import TestKit
import Testing

@Suite struct BackoffTests {
    private static let units: [Double] = [0, 0.000_1, 0.25, 0.5, 0.75, 0.999_999]

    @Test func waitsDoubleUpToTheCap() {
        let almostOne = 1.0.nextDown
        let waits = (1...12).map { Backoff.transient.wait(attempt: $0, unit: almostOne).wholeMilliseconds }
        #expect(
            waits == [1999, 3999, 7999, 15_999, 31_999, 63_999, 127_999, 255_999, 299_999, 299_999, 299_999, 299_999])
    }

    @Test(arguments: [Backoff.transient, .capacity, Backoff(base: .seconds(900), cap: .seconds(60))])
    func waitsStayWithinTheirBounds(_ backoff: Backoff) {
        for attempt in [Int.min, -1, 0, 1, 2, 3, 10, 20, 21, 64, 1000, .max] {
            for unit in Self.units {
                let wait = backoff.wait(attempt: attempt, unit: unit)
                #expect(wait >= .milliseconds(100) && wait <= backoff.cap, "attempt \(attempt), unit \(unit): \(wait)")
            }
        }
    }

    @Test func jitterIsSpreadOverTheWholeStep() {
        let random = SeededRandom(seed: 7)
        let waits = (0..<4000).map { _ in Backoff.transient.wait(attempt: 5, unit: random.unit()).wholeMilliseconds }
        for quarter in 0..<4 {
            let range = Int64(quarter) * 8000..<Int64(quarter + 1) * 8000
            #expect((900...1100).contains(waits.count { range.contains($0) }), "quarter \(quarter)")
        }
    }

    @Test func theWaitRequestedByTheServerIsAMinimum() {
        #expect(Backoff.transient.wait(attempt: 1, unit: 0, floorMilliseconds: 30_000) == .seconds(30))
        #expect(Backoff.transient.wait(attempt: 1, unit: 0, floorMilliseconds: 3_600_000) == .seconds(3600))
        #expect(Backoff.transient.wait(attempt: 4, unit: 0.5, floorMilliseconds: 10) == .seconds(8))
        #expect(Backoff.transient.wait(attempt: 1, unit: 0, floorMilliseconds: -5) == .milliseconds(100))
    }

    @Test func randomUnitsAreBetweenZeroAndOne() {
        #expect(FixedRandom(0).unit() == 0)
        #expect(FixedRandom(.max).unit() < 1)
        #expect(FixedRandom(1 << 63).unit() == 0.5)
    }
}
