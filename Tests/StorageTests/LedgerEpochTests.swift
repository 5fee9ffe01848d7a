import Storage
import Testing

@Suite struct LedgerEpochTests {
    /// A ledger that is in epoch `b` at location 1 and was in epoch `a` before.
    private func epoch() -> LedgerEpoch {
        var epoch = LedgerEpoch(nil)
        _ = epoch.settle(at: "1", head: 0, mark: nil, new: "a")
        _ = epoch.settle(at: "1", head: 3, mark: LedgerMark(epoch: "a", head: 9), new: "b")
        return epoch
    }

    @Test func anEpochSurvivesItsTextForm() {
        #expect(LedgerEpoch(epoch().text) == epoch())
        #expect(epoch().text == "b 1 a")
        #expect(LedgerEpoch(nil).name == "")
    }

    @Test func aContinuedLedgerKeepsItsEpoch() {
        for mark in [
            nil, LedgerMark(epoch: "b", head: 0), LedgerMark(epoch: "b", head: 25), LedgerMark(epoch: "a", head: 99),
        ] {
            var same = epoch()
            let changed = same.settle(at: "1", head: 25, mark: mark, new: "c")
            #expect(!changed && same == epoch())
        }
    }

    @Test(
        arguments: [
            ("2", nil), ("1", LedgerMark(epoch: "b", head: 26)), ("1", LedgerMark(epoch: "other", head: 1)),
        ] as [(String, LedgerMark?)])
    func aSignOfARestoreBeginsANewEpoch(_ place: String, _ mark: LedgerMark?) {
        var restored = epoch()
        let changed = restored.settle(at: place, head: 25, mark: mark, new: "c")
        #expect(changed)
        #expect(restored.name == "c" && restored.place == place && restored.former == ["b", "a"])
        let changedAgain = restored.settle(at: place, head: 25, mark: LedgerMark(epoch: "b", head: 26), new: "d")
        #expect(!changedAgain)
    }

    @Test func atMost100FormerEpochsAreKept() {
        var epoch = LedgerEpoch(nil)
        for number in 1...300 { _ = epoch.settle(at: "\(number)", head: 0, mark: nil, new: "e\(number)") }
        #expect(epoch.former.count == 100 && epoch.former.first == "e299")
    }
}
