import AuraModel
import Testing

@Suite struct PhaseTests {
    private let table: PhaseTable = [.queued: [.running], .running: []]

    @Test func aPhaseMayBecomeItsSuccessorsAndItself() {
        #expect(table.allows(.queued, .running))
        #expect(table.allows(.queued, .queued))
        #expect(!table.allows(.running, .queued))
        #expect(!table.allows(.running, .destroying))
        #expect(table.phases == [.queued, .running])
    }

    /// A phase that only a newer daemon knows: a destroy is accepted in every phase.
    @Test func aPhaseThatIsNotInTheTableMayOnlyBecomeDestroying() {
        let unknown = Phase(rawValue: "migrating")
        #expect(Phase.allCases.filter { table.allows(unknown, $0) } == [.destroying])
    }

    @Test func jobsEndInTheStatesSucceededFailedAndCancelled() {
        #expect(JobState.allCases.filter(\.isTerminal) == [.succeeded, .failed, .cancelled])
        #expect(EventType.allCases.filter(\.endsJob) == [.jobSucceeded, .jobFailed, .jobCancelled])
    }

    @Test func destroyHasTheHighestPriorityAndProvisionTheLowest() {
        for kind in JobKind.allCases where kind != .destroy { #expect(JobKind.destroy.priority < kind.priority) }
        for kind in JobKind.allCases where kind != .provision { #expect(kind.priority < JobKind.provision.priority) }
    }
}
