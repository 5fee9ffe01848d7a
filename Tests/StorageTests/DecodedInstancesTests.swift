import AuraModel
import TestKit
import Testing

@testable import Storage

/// The memory of decoded documents.
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
}
