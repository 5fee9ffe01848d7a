import Crypto
import Encoding

@testable import VaultKeys

/// Fuzzes key files of the vault: the accepted keys are those that a second reader finds, and a file that is written
/// with them is read alike.
enum KeyFileTarget {
    static func run(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let keys = try? MasterKeys(text) else { return }
        var expected = lines(text)
        if Sabotage.isOn("keyfile"), expected.count > 1 { expected.swapAt(0, 1) }
        require(keys.ids == expected.map(\.id), "the keys are \(keys.ids): \(shown(bytes))")
        require(!keys.ids.isEmpty && Set(keys.ids).count == keys.ids.count, "a name is there twice")
        require(keys.current == keys.ids.first, "the current key is not the first one")
        for (key, line) in zip(keys.all, expected) {
            let same = MasterKey(id: line.id, bytes: line.bytes)
            require(fingerprint(key) == fingerprint(same), "the bytes of \(line.id) are others: \(shown(bytes))")
            require(Set(line.bytes).count > 1, "all bytes of \(line.id) are equal")
        }
        let written = expected.map { "aura-key-1 \($0.id) \(Base64.encode($0.bytes))" }.joined(separator: "\n")
        let again = try? MasterKeys(written)
        require(again?.all.map(fingerprint) == keys.all.map(fingerprint), "\(written) is read otherwise")
    }

    /// Returns the names and bytes of the lines with keys.
    private static func lines(_ text: String) -> [(id: String, bytes: [UInt8])] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split { $0.isWhitespace }
            guard words.count == 3, words[0] == "aura-key-1", let bytes = Base64.decode(words[2]), bytes.count == 32
            else { return nil }
            return (String(words[1]), bytes)
        }
    }

    private static func fingerprint(_ key: MasterKey) -> [UInt8] {
        key.derived(for: .audit, installation: "i").withUnsafeBytes { Array($0) }
    }
}
