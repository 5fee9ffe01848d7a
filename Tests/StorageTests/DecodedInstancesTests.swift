import AuraModel
import TestKit
import Testing

@testable import Storage

/// The cache of decoded instances.
@Suite struct DecodedInstancesTests {
    private let decoded = DecodedInstances(.test)

    private func instance(failing message: String) throws -> Instance {
        var instance = Fixtures.instance(1, name: "ada", at: Fixture.now)
        instance.failure = Failure(.permanent, code: "refused", message: message)
        return instance
    }

    private func read(_ instance: Instance, desired: DesiredState = .running) throws -> Instance {
        try decoded.instance(stored: instance.document(), id: instance.id.text, desired: desired)
    }

    /// The two messages are equal strings in Swift.
    @Test func aDocumentThatDiffersOnlyInItsBytesIsDecodedAnew() throws {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        _ = try read(instance(failing: composed))
        let message = try #require(try read(instance(failing: decomposed)).failure?.message)
        #expect(message.utf8.elementsEqual(decomposed.utf8))
    }

    @Test func theRequestedStateIsThatOfTheRow() throws {
        let instance = try instance(failing: "no")
        #expect(try read(instance).desired == .running)
        #expect(try read(instance, desired: .destroyed).desired == .destroyed)
    }

    @Test func theDocumentOfAnotherInstanceIsCorrupt() throws {
        let document = try instance(failing: "no").document()
        let error = #expect(throws: StorageError.self) {
            try decoded.instance(stored: document, id: "another", desired: .running)
        }
        #expect(error?.code == .corrupt)
    }

    @Test func itKeepsABoundedNumber() throws {
        for number in 1...(3 * DecodedInstances.limit) {
            let instance = Fixtures.instance(number, name: "a\(number)", at: Fixture.now)
            #expect(try read(instance).name == "a\(number)")
        }
        #expect(decoded.count <= 2 * DecodedInstances.limit)
        #expect(decoded.count >= DecodedInstances.limit)
    }

    /// Many threads read the rows of a few instances while the documents change. More rows than are kept are read in
    /// between, so that entries move to the older half and are dropped.
    @Test func threadsThatReadAtOnceEachGetTheInstanceOfTheirDocument() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    for round in 0..<400 {
                        let number = 1 + (round * 7 + thread) % 5
                        var instance = Fixtures.instance(number, name: "a\(number)", at: Fixture.now)
                        instance.generation = (round + thread) % 3
                        let read = try read(instance, desired: round.isMultiple(of: 2) ? .running : .suspended)
                        #expect(read.id == instance.id)
                        #expect(read.generation == instance.generation)
                        #expect(read.desired == (round.isMultiple(of: 2) ? .running : .suspended))
                        let other = 1000 + thread * 400 + round
                        #expect(
                            try self.read(Fixtures.instance(other, name: "b\(other)", at: Fixture.now)).name
                                == "b\(other)")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(decoded.count <= 2 * DecodedInstances.limit)
    }
}
