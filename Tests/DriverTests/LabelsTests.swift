import AuraModel
import TestKit
import Testing

@testable import DriverKit

@Suite("Labels of resources")
struct LabelsTests {
    @Test(
        "any text is converted to a valid label value",
        arguments: [
            ("plain-1", "plain-1"), ("evt_1.2", "evt_1.2"), ("a b/c@d", "a-b-c-d"), ("--x--", "x"), ("", ""),
            ("***", ""),
            ("ünï", "n"), ("git:9f86", "git-9f86"),
        ])
    func value(_ text: String, _ expected: String) {
        #expect(Labels.value(text) == expected)
    }

    @Test("a label value has at most 63 characters and ends in an allowed character")
    func length() {
        let long = Labels.value(String(repeating: "a", count: 62) + "-" + String(repeating: "b", count: 20))
        #expect(long == String(repeating: "a", count: 62))
    }

    @Test("labels mark one instance of one installation only")
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
