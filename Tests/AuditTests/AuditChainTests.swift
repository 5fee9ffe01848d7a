import AuraModel
import Encoding
import Storage
import TestKit
import Testing

@testable import Audit

private let installation = "i-1"

/// Entries with content that counts up.
private func entries(_ count: Int, salt: UInt8 = 1) -> [AuditEntry] {
    var head = AuditHead.start(installation: installation)
    return (0..<count).map { number in
        head.append(
            AuditEntry.Content(
                salt: [UInt8](repeating: salt, count: AuditChain.saltBytes), body: Array(#"{"n":\#(number)}"#.utf8)))
    }
}

private func verify(
    _ entries: [AuditEntry], checkpoints: [AuditHead] = []
) throws(AuditVerification.Fault) -> AuditVerification {
    var verification = try AuditVerification(
        after: .start(installation: installation), checkpoints: checkpoints)
    for entry in entries { try verification.check(entry) }
    try verification.finish()
    return verification
}

@Suite struct AuditChainTests {
    /// Computed independently: hashlib of Python over the formula of `AuditChain`.
    @Test func hashesAreThoseOfTheFormula() {
        let all = entries(2)
        #expect(hex(AuditChain.start(installation: installation)) == vectors[0])
        #expect(all.map { hex($0.hash) } == [vectors[1], vectors[2]])
    }

    @Test func anUntouchedChainIsAccepted() throws {
        let all = entries(50)
        let verified = try verify(all, checkpoints: [AuditHead(seq: 30, hash: all[29].hash)])
        #expect((verified.head.seq, verified.erased) == (50, 0))
        #expect(verified.head.hash == all[49].hash)
    }

    /// Each kind of change at each entry.
    @Test func everyChangeOfAnEntryIsFound() throws {
        let all = entries(12)
        for index in all.indices {
            var changed = all
            changed[index].content?.body[2] ^= 1
            #expect(throws: AuditVerification.Fault.content(all[index].seq)) { try verify(changed) }
            changed = all
            changed[index].content?.salt[0] ^= 1
            #expect(throws: AuditVerification.Fault.content(all[index].seq)) { try verify(changed) }
            changed = all
            changed[index].digest[0] ^= 1
            #expect(throws: AuditVerification.Fault.self) { try verify(changed) }
            changed = all
            changed[index].hash[31] ^= 1
            #expect(throws: AuditVerification.Fault.self) { try verify(changed) }
            changed = all
            changed.insert(all[index], at: index)
            #expect(throws: AuditVerification.Fault.self) { try verify(changed) }
            if index > 0 {
                changed = all
                changed.swapAt(index, index - 1)
                #expect(throws: AuditVerification.Fault.self) { try verify(changed) }
            }
            if index < all.count - 1 {
                changed = all
                changed.remove(at: index)
                #expect(throws: AuditVerification.Fault.gap(expected: all[index].seq, found: all[index].seq + 1)) {
                    try verify(changed)
                }
            }
        }
    }

    /// Salt and body are hashed one behind the other, so bytes could move from one to the other.
    @Test func bytesThatMoveBetweenSaltAndBodyAreFound() throws {
        let all = entries(3)
        let content = try #require(all[1].content)
        for count in [0, 15, 17, 16 + content.body.count] {
            let whole = content.salt + content.body
            var changed = all
            changed[1].content = AuditEntry.Content(
                salt: Array(whole.prefix(count)), body: Array(whole.dropFirst(count)))
            #expect(throws: AuditVerification.Fault.content(2)) { try verify(changed) }
        }
    }

    /// Without a checkpoint that is kept elsewhere, an attacker with write access to the database can replace the
    /// chain.
    @Test func aChainThatWasWrittenAnewIsFoundByACheckpoint() throws {
        let forged = entries(12, salt: 2)
        #expect(try verify(forged).head.seq == 12)
        let known = AuditHead(seq: 7, hash: entries(12)[6].hash)
        #expect(throws: AuditVerification.Fault.checkpoint(7)) { try verify(forged, checkpoints: [known]) }
    }

    @Test func aRemovedEndIsFoundByACheckpoint() throws {
        let all = entries(12)
        let known = AuditHead(seq: 12, hash: all[11].hash)
        #expect(throws: AuditVerification.Fault.missing(after: 9, checkpoint: 12)) {
            try verify(Array(all.prefix(9)), checkpoints: [known])
        }
    }

    @Test func twoCheckpointsThatDisagreeAreFound() {
        let all = entries(3)
        #expect(throws: AuditVerification.Fault.checkpoint(2)) {
            try verify(
                all, checkpoints: [AuditHead(seq: 2, hash: all[1].hash), AuditHead(seq: 2, hash: all[0].hash)])
        }
    }

    @Test func erasedContentKeepsTheChain() throws {
        var all = entries(12)
        all[3].content = nil
        all[8].content = nil
        #expect(try verify(all).erased == 2)
        all[3].content = AuditEntry.Content(salt: [1], body: Array("{}".utf8))
        #expect(throws: AuditVerification.Fault.content(4)) { try verify(all) }
    }

    /// After pruning, a verification begins at a head that a checkpoint keeps.
    @Test func aVerificationBeginsAtAHead() throws {
        let all = entries(12)
        var verification = try AuditVerification(after: AuditHead(seq: 5, hash: all[4].hash))
        for entry in all.dropFirst(5) { try verification.check(entry) }
        #expect(verification.head.seq == 12)
        #expect(throws: AuditVerification.Fault.pruned(before: 6, checkpoint: 3)) {
            try AuditVerification(
                after: AuditHead(seq: 5, hash: all[4].hash), checkpoints: [AuditHead(seq: 3, hash: all[2].hash)])
        }
        #expect(throws: AuditVerification.Fault.checkpoint(5)) {
            try AuditVerification(
                after: AuditHead(seq: 5, hash: all[4].hash), checkpoints: [AuditHead(seq: 5, hash: all[2].hash)])
        }
        #expect(throws: AuditVerification.Fault.hash(6)) {
            var wrong = try AuditVerification(after: AuditHead(seq: 5, hash: all[3].hash))
            try wrong.check(all[5])
        }
    }
}

@Suite struct SignedCheckpointTests {
    private let key = AuditSigningKey(seed: Array(0..<32))
    private let head = AuditHead(seq: 7, hash: entries(7)[6].hash)
    private var checkpoint: SignedCheckpoint { SignedCheckpoint(head, installation: installation, key: key) }

    @Test func aCheckpointIsReadAsItWasWritten() throws {
        let read = try SignedCheckpoint(checkpoint.text, key: key.verificationKey)
        #expect((read.head, read.installation) == (head, installation))
        let lines = checkpoint.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.prefix(2) == ["aura/i-1", "7"])
        #expect(lines[4].hasPrefix("\u{2014} aura/i-1 "))
    }

    /// A checkpoint in the form of C2SP's signed notes, made independently with Python's `cryptography`.
    @Test func aCheckpointOfAnotherProgramIsAccepted() throws {
        let text =
            "aura/i-1\n7\nIVpBBcVnyrXzesr2+UvT4+z32SvS0QTvsmugxwL90W8=\n\n\u{2014} aura/i-1 "
            + "Dn5STKOkuLof6WzQVqgy8ULWfpSrlKAJFYSaHWod1TNWcl3f1Q2c3UMzQcs9450u1amWvQgqGp62YEqHci/f2Fv7bw8=\n"
        #expect(try SignedCheckpoint(text, key: key.verificationKey).head == head)
    }

    @Test func aKeyIsKeptAsItsBytes() throws {
        let key = try #require(AuditVerificationKey(self.key.verificationKey.bytes))
        #expect(try SignedCheckpoint(checkpoint.text, key: key).head == head)
        #expect(AuditVerificationKey([1, 2, 3]) == nil)
    }

    /// Witnesses add signatures of their own.
    @Test func signaturesOfOthersAreIgnored() throws {
        let witnessed = checkpoint.text + "\u{2014} witness.example AAAAAAAA\n"
        #expect(try SignedCheckpoint(witnessed, key: key.verificationKey).head == head)
    }

    @Test func aCheckpointOfAnotherKeyIsRefused() {
        let other = AuditSigningKey(seed: Array(1...32)).verificationKey
        #expect(throws: CheckpointError.signature) { try SignedCheckpoint(checkpoint.text, key: other) }
    }

    private var statement: SignedCheckpoint {
        SignedCheckpoint(
            head, floor: AuditHead(seq: 3, hash: entries(3)[2].hash), events: 90, time: Timestamp(milliseconds: 5),
            installation: installation, key: key)
    }

    @Test func aCheckpointHasFurtherStatements() throws {
        let read = try SignedCheckpoint(statement.text, key: key.verificationKey)
        #expect(read == statement && read.floor?.seq == 3 && read.events == 90 && read.time?.milliseconds == 5)
        let lines = statement.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[3].hasPrefix("floor 3 ") && lines[4] == "events 90" && lines[5] == "time 5" && lines[6].isEmpty)
        #expect(try SignedCheckpoint(checkpoint.text, key: key.verificationKey).floor == nil)
    }

    /// The texts that the signature covers are made by hand, so that only the form is wrong.
    @Test(arguments: [
        ("floor 3", false), ("events x", false), ("events 09", false), ("events 0", false), ("events 1 2", false),
        ("events 9\nevents 9", false), ("floor 8 " + Base64.encode(Array(repeating: 1, count: 32)), false),
        ("time 0", false), ("time 1 2", false), ("events 9", true), ("time 9", true), ("later 1 2 3", true),
    ])
    func aStatementHasOneForm(_ line: String, _ isRight: Bool) throws {
        let lines = checkpoint.text.split(separator: "\n", omittingEmptySubsequences: false)
        let body = lines[..<3].map { $0 + "\n" }.joined() + line + "\n"
        let text = "\(body)\n\u{2014} aura/i-1 \(key.signature(of: body, origin: "aura/i-1"))\n"
        if isRight {
            #expect(try SignedCheckpoint(text, key: key.verificationKey).head == head)
        } else {
            #expect(throws: CheckpointError.form) { try SignedCheckpoint(text, key: key.verificationKey) }
        }
    }

    /// Each bit of the text.
    @Test func aChangedCheckpointIsRefused() {
        for checkpoint in [checkpoint, statement] { checkChanges(of: checkpoint) }
    }

    private func checkChanges(of checkpoint: SignedCheckpoint) {
        let bytes = Array(checkpoint.text.utf8)
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let text = String(validating: changed, as: UTF8.self) else { continue }
            #expect(throws: CheckpointError.self) { try SignedCheckpoint(text, key: key.verificationKey) }
        }
    }

    @Test(arguments: ["", "\n", "aura/i-1\n7\n", "aura/i-1\n-7\nAAAA\n\n\u{2014} aura/i-1 AAAA\n"])
    func otherTextsAreNoCheckpoints(_ text: String) {
        #expect(throws: CheckpointError.form) { try SignedCheckpoint(text, key: key.verificationKey) }
    }
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private let vectors = [
    "f0fb4e7bbd17a11ee2d403ce075b184b76c9b2b9a947598e759a67ee73cce81d",
    "facd03d4b466d5f2d36ddf0a2582141ae3f07e52cdb6fd3a3f4c6bff03e6209c",
    "01c6c08e91ea92ce969db51235ae510d65d369edf180ca17b7c896e528d9d156",
]
