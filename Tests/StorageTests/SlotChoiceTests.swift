import AuraModel
import Storage
import Testing

@Suite struct SlotChoiceTests {
    private static func party(_ text: String) -> SlotChoice.Party {
        SlotChoice.Party(job: JobID(text), tenant: TenantID(String(text.prefix(1))))
    }

    private static func admits(_ asking: String, limit: Int = 4, holders: [String], waiting: [String]) -> Bool {
        SlotChoice(limit: limit, holders: holders.map(party), waiting: waiting.map(party)).admits(party(asking))
    }

    /// Jobs of one tenant that never end cannot hold every slot, so another tenant's job still gets one.
    @Test func oneTenantNeverHoldsEverySlot() {
        #expect(!Self.admits("m4", holders: ["m1", "m2", "m3"], waiting: []))
        #expect(Self.admits("a1", holders: ["m1", "m2", "m3"], waiting: ["m4", "m5"]))
    }

    @Test func theTenantWithFewestSlotsComesFirstAndThenTheOldestJob() {
        #expect(!Self.admits("m2", holders: ["m1", "b1", "b2"], waiting: ["a1"]))
        #expect(Self.admits("a1", holders: ["m1", "b1", "b2"], waiting: ["m2"]))
        #expect(!Self.admits("a2", holders: ["m1", "b1", "b2"], waiting: ["a1"]))
        #expect(Self.admits("a2", holders: ["m1", "b1"], waiting: ["a1"]), "two are free")
    }

    /// If a slot is free and a waiting job is eligible for it, at least one waiting job is admitted.
    @Test(arguments: 0..<64) func aFreeSlotIsNeverLeftUnused(_ mask: Int) {
        let all = ["a1", "a2", "b1", "b2", "c1", "c2"]
        let holders = all.indices.filter { mask & (1 << $0) != 0 }.map { all[$0] }
        let waiting = all.filter { !holders.contains($0) }
        let isEligible = { (text: String) in holders.count { $0.prefix(1) == text.prefix(1) } < 3 }
        guard holders.count < 4, waiting.contains(where: isEligible) else { return }
        #expect(
            waiting.contains { asking in Self.admits(asking, holders: holders, waiting: waiting.filter { $0 != asking })
            })
    }
}
