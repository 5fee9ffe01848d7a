import Foundation
import Storage
import TestKit
import Testing

@testable import aurad

/// The file with the ledger's mark. A daemon can be killed at any moment of a write.
@Suite struct MarkFileTests {
    private static let mark = LedgerMark(epoch: "e1", head: 7)

    @Test func aMarkIsReadBackAndNothingElseIsLeft() throws {
        let directory = try TemporaryDirectory()
        let file = MarkFile(directory.file(""))
        #expect(file.read() == nil)
        try file.write(Self.mark)
        try file.write(LedgerMark(epoch: "e1", head: 8))
        #expect(file.read() == LedgerMark(epoch: "e1", head: 8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("")) == ["ledger.json"])
    }

    /// A content that cannot be put in its place stays under a known name, and the next daemon removes it.
    @Test func whatAnEndedDaemonLeftIsRemoved() throws {
        let directory = try TemporaryDirectory()
        let file = MarkFile(directory.file(""))
        try FileManager.default.createDirectory(
            atPath: directory.file("ledger.json/x"), withIntermediateDirectories: true)
        #expect(throws: StorageError.self) { try file.write(Self.mark) }
        let left = try FileManager.default.contentsOfDirectory(atPath: directory.file(""))
        #expect(left.sorted() == ["ledger.json", "ledger.json.new"])
        file.removeDraft()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("")) == ["ledger.json"])
    }
}
