import Audit
import Encoding
import Storage

/// Fuzzes checkpoints of the audit. The last byte selects one of three ways: the text as it is, or one of two genuine notes
/// with the changes that the bytes describe. Only what was signed is accepted.
enum CheckpointTarget {
    private static let key = AuditSigningKey(seed: Array(0..<32))
    private static let head = AuditHead(seq: 12, hash: Array(repeating: 7, count: 32))
    private static let floor = AuditHead(seq: 3, hash: Array(repeating: 9, count: 32))
    private static let genuine = [
        SignedCheckpoint(head, installation: "i1", key: key),
        SignedCheckpoint(head, floor: floor, events: 90, installation: "i1", key: key),
    ]

    static func run(_ bytes: [UInt8]) {
        let input = Array(bytes.dropLast())
        let choice = Int((bytes.last ?? 0) % 3)
        let text = choice == 0 ? input : changed(Array(genuine[choice - 1].text.utf8), input)
        check(String(decoding: text, as: UTF8.self))
        checkSigning(input)
    }

    /// Each three bytes change one byte of the text, at a position that the first two define.
    private static func changed(_ text: [UInt8], _ changes: [UInt8]) -> [UInt8] {
        var text = text
        for start in stride(from: 0, to: changes.count - 2, by: 3) {
            let place = (Int(changes[start]) << 8 | Int(changes[start + 1])) % text.count
            text[place] ^= changes[start + 2]
        }
        return text
    }

    private static func check(_ text: String) {
        do throws(CheckpointError) {
            let read = try SignedCheckpoint(text, key: key.verificationKey)
            var seq = read.head.seq
            if Sabotage.isOn("checkpoint") { seq += 1 }
            require(seq == head.seq && read.head == head && read.installation == "i1", "a forged note: \(text)")
            require(
                (read.floor == nil && read.events == 0) || (read.floor == floor && read.events == 90),
                "a forged statement: \(text)")
            require(Array(read.text.utf8) == Array(text.utf8), "the text of the note changed: \(text)")
            require(text.utf8.count <= SignedCheckpoint.lengthLimitBytes, "the note is too long")
        } catch {
            require(!genuine.contains { $0.text == text }, "the genuine note is refused: \(error)")
        }
    }

    /// Checks that a note about any head is read as it was signed, and only with its key.
    private static func checkSigning(_ bytes: [UInt8]) {
        guard bytes.count >= 40 else { return }
        let seq = bytes.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) } & .max
        let head = AuditHead(seq: seq, hash: Array(bytes[8..<40]))
        let installation = Base64.encodeURL(bytes.dropFirst(40).prefix(24))
        let floor = seq % 2 == 0 ? nil : AuditHead(seq: seq / 2, hash: head.hash)
        let note = SignedCheckpoint(
            head, floor: floor, events: seq / 3, installation: installation, key: key)
        let read = try? SignedCheckpoint(note.text, key: key.verificationKey)
        require(read == note && read?.head == head, "a signed note is not read as it was written: \(note.text)")
        let other = AuditSigningKey(seed: Array(1...32)).verificationKey
        require((try? SignedCheckpoint(note.text, key: other)) == nil, "a note of another key is accepted")
    }
}
