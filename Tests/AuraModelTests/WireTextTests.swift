import AuraModel
import TestKit
import Testing

/// The names on the wire, listed so that a change shows in review.
@Suite struct WireTextTests {
    @Test func eventTypesHaveTheirListedNames() {
        #expect(
            EventType.allCases.map(\.rawValue) == [
                "job.queued", "job.started", "job.compensating", "job.cancelRequested", "job.retryRequested",
                "job.parked", "job.succeeded", "job.failed", "job.cancelled", "phase.changed", "step.started",
                "step.progress", "step.waiting", "step.retrying",
                "step.done", "step.failed", "step.undoing", "step.undone", "step.undoFailed", "task.started",
                "task.finished", "task.failed", "run.recap", "resource.adopted", "resource.quarantined",
                "resource.reaped",
                "instance.lost", "instance.found", "alert.raised",
            ])
    }

    @Test func jobStatesAndKindsHaveTheirListedNames() {
        #expect(
            JobState.allCases.map(\.rawValue) == [
                "queued", "running", "waiting", "compensating", "succeeded", "failed", "cancelled",
            ])
        #expect(JobKind.allCases.map(\.rawValue) == ["provision", "suspend", "resume", "restart", "destroy"])
    }

    @Test func resourceNamesAreDerivedAndDifferByGeneration() {
        var instance = Instance(
            of: .test, id: InstanceID("01890a5d-ac96-774b-bcce-b302099f86d0"), tenant: Tenant.default, name: "ada",
            region: "eu",
            size: "small", change: ChangeID("c"), createdAt: Timestamp(milliseconds: 0))
        #expect(instance.resourceName == "aura-ada-099f86d0-g1")
        instance.generation = 2
        #expect(instance.resourceName == "aura-ada-099f86d0-g2")
    }
}
