import AuraModel
import Testing

/// The transitions of every phase as text, so that a change shows in review.
private let table = """
    queued: provisioning rollingBack failed destroying
    provisioning: configuring networking running rollingBack failed destroying
    configuring: networking running rollingBack failed destroying
    networking: running rollingBack failed destroying
    running: suspending restarting degraded destroying
    suspending: suspended degraded destroying
    suspended: resuming degraded destroying
    resuming: running degraded destroying
    restarting: running degraded destroying
    degraded: suspending resuming restarting running destroying
    rollingBack: failed destroying
    failed: queued destroying
    destroying: destroyed degraded
    destroyed:
    """

@Suite struct PhaseTests {
    /// A phase that only a newer daemon knows: a destroy is accepted in every phase.
    @Test func anUnknownPhaseMayOnlyBecomeDestroying() {
        let unknown = Phase(rawValue: "migrating")
        #expect(Phase.allCases.filter { unknown.mayBecome($0) } == [.destroying])
    }

    @Test func successorsOfPhasesMatchTheTable() {
        let present = Phase.allCases.map { phase in
            ([phase.rawValue + ":"] + phase.successors.map(\.rawValue)).joined(separator: " ")
        }
        #expect(present.joined(separator: "\n") == table)
    }

    /// Checks all 196 pairs of phases against the table.
    @Test func mayBecomeMatchesTheTableForEveryPairOfPhases() {
        let allowed = Set(
            table.split(separator: "\n").flatMap { line in
                let parts = line.split(separator: ":", omittingEmptySubsequences: false)
                return parts[1].split(separator: " ").map { "\(parts[0])>\($0)" }
            })
        for from in Phase.allCases {
            for to in Phase.allCases {
                let isAllowed = from == to || allowed.contains("\(from.rawValue)>\(to.rawValue)")
                #expect(from.mayBecome(to) == isAllowed, "\(from) → \(to)")
            }
        }
    }

    @Test func everyPhaseExceptDestroyedMayBecomeDestroying() {
        for phase in Phase.allCases where phase != .destroyed { #expect(phase.mayBecome(.destroying), "\(phase)") }
        #expect(Phase.destroyed.successors.isEmpty)
    }

    /// `destroyed` can be reached from every phase, and every phase can be reached from `queued`.
    @Test func everyPhaseIsReachableAndLeadsToDestroyed() {
        func reachable(from first: Phase) -> Set<Phase> {
            var found: Set<Phase> = [first]
            var open = [first]
            while let phase = open.popLast() {
                for next in phase.successors where found.insert(next).inserted { open.append(next) }
            }
            return found
        }
        for phase in Phase.allCases { #expect(reachable(from: phase).contains(.destroyed), "\(phase)") }
        #expect(reachable(from: .queued) == Set(Phase.allCases))
    }

    @Test func successorsOfAPhaseAreDistinctAndOmitThePhase() {
        for phase in Phase.allCases {
            #expect(Set(phase.successors).count == phase.successors.count)
            #expect(!phase.successors.contains(phase))
        }
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
