import AuraModel
import Foundation
import JSON
import Storage
import StorageSQLite
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3)), .enabled("needs root, to mount a small tmpfs", SmallFileSystem.isAvailable))
struct FullDiskTests {
    /// A file that takes up all free space of a file system until it is removed.
    private struct Ballast {
        var path: String

        func fill() throws {
            let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
            defer { close(descriptor) }
            try #require(descriptor >= 0)
            for size in [4096, 512, 1] {
                let block = [UInt8](repeating: 0x58, count: size)
                while write(descriptor, block, size) == size {}
            }
            #expect(errno == ENOSPC)
        }

        func remove() {
            unlink(path)
        }
    }

    private static func large(_ number: Int) -> Submission {
        var submission = Fixtures.provision(number, at: start)
        submission.job.input = .string(String(repeating: "x", count: 20_000))
        return submission
    }

    @Test func aFullDiskIsUnavailableAndNothingIsHalfWritten() async throws {
        let place = try #require(try SmallFileSystem(options: "size=2m"))
        let store = try SQLiteStore(path: place.path + "/aura.db", kinds: .test, installation: "first")
        let log = EventLog()
        store.observe(log.append)
        let claim = try await store.claimed()
        let ballast = Ballast(path: place.path + "/ballast")
        try ballast.fill()
        let accepted = try await submitUntilFull(store)
        let before = try await store.ledger()
        #expect(before.map(\.seq) == numbers(upTo: accepted + 1))

        try await expectStorageError(.unavailable) { try await store.apply(Self.largeTransition(claim)) }
        try await allFailTogether(store)
        #expect(try await store.ledger() == before)
        #expect(try await store.jobs(JobQuery(limit: 500)).rows.count == accepted + 1)
        #expect(try await store.instances(InstanceQuery(limit: 500)).rows.count == accepted + 1)
        #expect(try await store.job(claim.job.id) == claim.job)

        ballast.remove()
        _ = try await store.apply(Self.largeTransition(claim))
        let after = try await store.submit(Self.large(900))
        #expect(!after.isRepetition)
        let all = try await store.ledger()
        #expect(all.map(\.seq) == numbers(upTo: before.count + 2))
        #expect(log.events == all)
    }

    /// On a full disk reads succeed, and `proveWritable()` fails.
    @Test func proveWritableFailsOnAFullDisk() async throws {
        let place = try #require(try SmallFileSystem(options: "size=2m"))
        let store = try SQLiteStore(path: place.path + "/aura.db", kinds: .test, installation: "first")
        try await store.proveWritable()
        let ballast = Ballast(path: place.path + "/ballast")
        try ballast.fill()
        // The write-ahead log still has room for some writes.
        var failure: StorageError?
        for _ in 1...2000 where failure == nil {
            do { try await store.proveWritable() } catch { failure = error }
        }
        #expect(failure?.code == .unavailable)
        #expect(try await store.head() == 0)
        ballast.remove()
        try await store.proveWritable()
    }

    /// Submits until the disk is full. Returns the number of submissions that fitted.
    private func submitUntilFull(_ store: SQLiteStore) async throws -> Int {
        for number in 100..<400 {
            do {
                _ = try await store.submit(Self.large(number))
            } catch {
                #expect(error.code == .unavailable)
                #expect(error.message.contains("full"), "\(error)")
                return number - 100
            }
        }
        Issue.record("the disk never filled")
        return 0
    }

    private static func largeTransition(_ claim: Claim) -> Transition {
        var event = Fixtures.event(.stepProgress, of: claim.job, at: start)
        event.data = .string(String(repeating: "y", count: 20_000))
        var step = StepRecord(job: claim.job.id, index: 0, name: "server.create")
        step.externalID = "4711"
        return Transition(job: claim.job, steps: [step], events: [event])
    }

    /// Callers that share a commit all get its failure, each once.
    private func allFailTogether(_ store: SQLiteStore) async throws {
        let codes = await withTaskGroup(of: StorageError.Code?.self) { group in
            for number in 500..<530 {
                group.addTask {
                    do {
                        _ = try await store.submit(Self.large(number))
                        return nil
                    } catch { return (error as? StorageError)?.code }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == Array(repeating: .unavailable, count: 30))
    }

    @Test func theErrorForADatabaseThatCannotBeCreatedNamesItsPath() async throws {
        let place = try #require(try SmallFileSystem(options: "size=64k"))
        let ballast = Ballast(path: place.path + "/ballast")
        try ballast.fill()
        let path = place.path + "/aura.db"
        let error = try await expectStorageError(.unavailable) {
            try SQLiteStore(path: path, kinds: .test, installation: "first")
        }
        #expect(error.message.contains(path))
    }
}
