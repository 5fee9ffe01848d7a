import AuraModel
import Testing

@testable import aura

@Suite struct OutcomesTests {
    @Test func theLastEndOfEachInstanceDeterminesTheOutcome() {
        var outcomes = Outcomes()
        outcomes.record(Samples.event("step.failed", message: "not an end"))
        #expect(outcomes.isEmpty)
        outcomes.record(Samples.event("job.failed", message: "provision failed", job: "j1"))
        #expect(outcomes.complaint(purpose: "watch ada")?.exitCode == 1)
        outcomes.record(Samples.event("job.succeeded", message: "destroy succeeded", job: "j2"))
        #expect(outcomes.complaint(purpose: "watch ada") == nil)
        #expect(outcomes.onlyInstance == InstanceID("i1"))
        outcomes.record(Samples.event("job.cancelled", message: "resume was cancelled", instance: "i2", job: "j4"))
        outcomes.record(Samples.event("job.failed", message: "suspend failed", instance: "i3", job: "j3"))
        #expect(
            outcomes.complaint(purpose: "watch all")?.message
                == "cannot watch all: suspend failed (and 1 more); see aura job show j3")
        #expect(outcomes.onlyInstance == nil)
    }
}
