/// Changes genuine tokens at random, and makes new texts from the parts of several. The texts depend on the seed only.
public struct TokenMutator {
    private let tokens: [[UInt8]]
    private var random: SplitMix64

    /// Creates a mutator of these texts. There must be at least one, and none may be empty.
    public init(_ tokens: [String], seed: UInt64) {
        precondition(!tokens.isEmpty && tokens.allSatisfy { !$0.isEmpty }, "there must be a token to change")
        self.tokens = tokens.map { Array($0.utf8) }
        random = SplitMix64(state: seed)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~=.,*:/".utf8)

    /// Returns the next text: one to three changes of a token. It can be equal to a token.
    public mutating func next() -> [UInt8] {
        var text = any(of: tokens)
        for _ in 0...below(3) where !text.isEmpty { change(&text) }
        return text
    }

    private mutating func change(_ text: inout [UInt8]) {
        let (place, other) = (below(text.count), below(text.count))
        switch below(9) {
        case 0: text[place] = any(of: Self.alphabet)
        case 1: text[place] ^= 1 << UInt8(below(8))
        case 2: text.remove(at: place)
        case 3: text.insert(any(of: Self.alphabet), at: place)
        case 4: text.swapAt(place, other)
        case 5: text.removeSubrange(place..<min(place + 1 + below(12), text.count))
        case 6: exchangeParts(&text)
        case 7: removeOrRepeatRestriction(&text)
        default: splice(&text)
        }
    }

    /// Replaces the end with the end of another token, from the same position or from the same part on.
    private mutating func splice(_ text: inout [UInt8]) {
        let donor = any(of: tokens)
        let place = below(min(text.count, donor.count))
        text = Array(text[..<place] + donor[place...])
    }

    /// Exchanges two restrictions.
    private mutating func exchangeParts(_ text: inout [UInt8]) {
        var parts = text.split(separator: UInt8(ascii: "~"), omittingEmptySubsequences: false)
        guard parts.count > 2 else { return }
        parts.swapAt(1 + below(parts.count - 1), 1 + below(parts.count - 1))
        text = Array(parts.joined(separator: [UInt8(ascii: "~")]))
    }

    private mutating func removeOrRepeatRestriction(_ text: inout [UInt8]) {
        var parts = text.split(separator: UInt8(ascii: "~"), omittingEmptySubsequences: false)
        guard parts.count > 1 else { return }
        let place = 1 + below(parts.count - 1)
        if below(2) == 0 { parts.remove(at: place) } else { parts.append(parts[place]) }
        text = Array(parts.joined(separator: [UInt8(ascii: "~")]))
    }

    private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

    private mutating func any<Element>(of values: [Element]) -> Element { values[below(values.count)] }
}

/// The generator SplitMix64.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
