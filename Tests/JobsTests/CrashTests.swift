import AuraModel
import Foundation
import Jobs
import Storage
import StorageSQLite
import TestKit
import Testing

/// Every boundary is tried alone. Pairs of boundaries are all tried in the scenario that succeeds. The failing scenario
/// has more pairs: every fifth of them is tried, or all with AURA_EXHAUSTIVE=1 in the environment.
@Suite(.timeLimit(.minutes(10))) struct CrashTests {
    private static func isTried(_ kind: CrashScenario.Kind, _ first: Int, _ second: Int) -> Bool {
        let isExhaustive = kind == .succeeds || ProcessInfo.processInfo.environment["AURA_EXHAUSTIVE"] != nil
        return isExhaustive || first % 5 == second % 5
    }

    /// The daemon dies at every boundary in turn, and another takes over. The result is the same as without a crash.
    @Test(arguments: CrashScenario.Kind.allCases) func aCrashAtAnyBoundaryDoesNotChangeTheResult(
        _ kind: CrashScenario.Kind
    ) async throws {
        let (boundaries, expected) = try await undisturbed(kind)
        for crash in 1...boundaries {
            let directory = try TemporaryDirectory()
            let sqlite = try SQLiteStore(path: directory.file("aura.db"), kinds: .test, installation: "first")
            for store in [ModelStore(), sqlite] as [any Store] {
                var story = CrashStory(kind, store: store)
                try await story.tell(crashes: [crash])
                #expect(try await story.violations() == [], "crash at \(crash)")
                #expect(try await story.ending() == expected, "crash at \(crash)")
                #expect(story.lives == 2)
            }
        }
        print("crash points, \(kind.rawValue): \(boundaries) boundaries, each on two stores")
    }

    /// The daemon that took over dies too, at every boundary of its own life.
    @Test(arguments: CrashScenario.Kind.allCases) func aCrashDuringRecoveryDoesNotChangeTheResult(
        _ kind: CrashScenario.Kind
    ) async throws {
        let (boundaries, expected) = try await undisturbed(kind)
        let told = try await Self.spread(Array(1...boundaries)) { first in
            var told = 0
            for second in 1...boundaries where Self.isTried(kind, first, second) {
                var story = CrashStory(kind, store: ModelStore())
                try await story.tell(crashes: [first, second])
                #expect(try await story.violations() == [], "crashes at \(first), \(second)")
                #expect(try await story.ending() == expected, "crashes at \(first), \(second)")
                told += 1
            }
            return told
        }
        print("crash points, \(kind.rawValue): \(told) pairs of crashes")
    }

    /// A cancellation or a destroy comes at every boundary, combined with a crash at every boundary.
    @Test(arguments: Wish.allCases, CrashScenario.Kind.allCases)
    func aCancellationOrDestroyWithACrashAtAnyBoundaryEndsEveryJob(_ wish: Wish, _ kind: CrashScenario.Kind)
        async throws
    {
        let (boundaries, _) = try await undisturbed(kind)
        let told = try await Self.spread(Array(1...boundaries)) { moment in
            var told = 0
            for crash in 0...boundaries where crash == 0 || Self.isTried(kind, moment, crash) {
                var story = CrashStory(kind, store: ModelStore())
                try await story.tell(crashes: crash > 0 ? [crash] : [], wish: wish, at: moment)
                let place: Comment = "\(wish) at \(moment), crash at \(crash)"
                #expect(try await story.violations() == [], place)
                let ending = try await story.ending()
                #expect(ending.states.allSatisfy { $0.isTerminal }, place)
                if ending.states.count == 2 { #expect(ending.phase == .destroyed, place) }
                told += 1
            }
            return told
        }
        print("crash points, \(kind.rawValue), \(wish.rawValue): \(told) pairs of a wish and a crash")
    }

    /// Runs the job without a crash. Returns its number of boundaries and its final state.
    private func undisturbed(_ kind: CrashScenario.Kind) async throws -> (Int, CrashStory.Ending) {
        var story = CrashStory(kind, store: ModelStore())
        try await story.tell()
        #expect(try await story.violations() == [])
        let ending = try await story.ending()
        #expect(ending.states == [kind == .succeeds ? .succeeded : .failed])
        #expect(ending.phase == (kind == .succeeds ? .running : .failed))
        #expect(ending.things == (kind == .succeeds ? ["key", "server", "device"] : []))
        #expect(story.boundaries > 40)
        return (story.boundaries, ending)
    }

    /// Runs `body` for every number, in two tasks at a time, and returns the sum of the results.
    private static func spread(_ numbers: [Int], _ body: @escaping @Sendable (Int) async throws -> Int) async throws
        -> Int
    {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for half in 0..<2 {
                group.addTask {
                    var sum = 0
                    for number in numbers where number % 2 == half { sum += try await body(number) }
                    return sum
                }
            }
            return try await group.reduce(0, +)
        }
    }
}
