import AuraModel
import TestKit
import Testing

@testable import DriverKit

@Suite("Labels in the outside world")
struct LabelsTests {
    @Test(
        "any text becomes a label value",
        arguments: [
            ("plain-1", "plain-1"), ("evt_1.2", "evt_1.2"), ("a b/c@d", "a-b-c-d"), ("--x--", "x"), ("", ""),
            ("***", ""),
            ("ünï", "n"), ("git:9f86", "git-9f86"),
        ])
    func value(_ text: String, _ expected: String) {
        #expect(Labels.value(text) == expected)
    }

    @Test("a label value has 63 characters at most and ends in one that may")
    func length() {
        let long = Labels.value(String(repeating: "a", count: 62) + "-" + String(repeating: "b", count: 20))
        #expect(long == String(repeating: "a", count: 62))
    }

    @Test("what is ours is told from what is another's")
    func marks() {
        let instance = Fixture.instance(phase: .running)
        let ours = Labels.of(instance, job: Fixture.job(.provision, of: instance), installation: "here")
        #expect(Labels.mark(ours, as: instance, of: "here"))
        #expect(!Labels.mark(ours, as: instance, of: "elsewhere"))
        #expect(!Labels.mark([:], as: instance, of: "here"))
        var foreign = ours
        foreign[Labels.instance] = "another"
        #expect(!Labels.mark(foreign, as: instance, of: "here"))
    }
}
