import AuraModel
import JSON
import TestKit
import Testing

@Suite struct IdentifierTests {
    @Test func anIdentifierIsAUUIDOfVersionSeven() throws {
        let identifiers = IdentifierSource(time: ManualTime(), random: SystemRandom())
        let shape = try Regex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
        for _ in 0..<1000 {
            let id = identifiers.next(Job.self)
            #expect(id.text.wholeMatch(of: shape) != nil, "\(id)")
        }
    }

    /// The example of RFC 9562, appendix A.6, with the same time and random bits.
    @Test func anIdentifierHoldsTimeVersionVariantAndRandomBits() {
        let time = ManualTime(milliseconds: 0x017F_22E2_79B0)
        let random = ListedRandom([0xCC3, 0x18C4_DC0C_0C07_398F])
        let id = IdentifierSource(time: time, random: random).next(Job.self)
        #expect(id.text == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        let low = IdentifierSource(time: ManualTime(milliseconds: 0), random: FixedRandom(0)).next(Job.self)
        #expect(low.text == "00000000-0000-7000-8000-000000000000")
        let high = IdentifierSource(time: ManualTime(milliseconds: 0xFFFF_FFFF_FFFF), random: FixedRandom(.max))
        #expect(high.next(Job.self).text == "ffffffff-ffff-7fff-bfff-ffffffffffff")
    }

    @Test func identifiersSortInOrderOfTime() {
        let time = ManualTime()
        let identifiers = IdentifierSource(time: time, random: SeededRandom(seed: 3))
        var texts: [String] = []
        for _ in 0..<500 {
            texts.append(identifiers.next(Job.self).text)
            time.advance(by: .milliseconds(1))
        }
        #expect(texts == texts.sorted())
    }

    @Test func identifiersAreUnique() {
        let identifiers = IdentifierSource(time: ManualTime(), random: SystemRandom())
        #expect(Set((0..<20_000).map { _ in identifiers.next(Job.self) }).count == 20_000)
    }

    @Test func anIdentifierIsEncodedAsPlainText() throws {
        let id = JobID("0199-x")
        #expect("\(id)" == "0199-x")
        #expect(try JSONCoder.encodeString([id]) == #"["0199-x"]"#)
        #expect(try JSONCoder.decode([JobID].self, from: #"["0199-x"]"#) == [id])
    }
}
