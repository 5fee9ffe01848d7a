public import AuraModel
import Locking

/// Random numbers that depend on the seed only (SplitMix64).
public final class SeededRandom: RandomSource {
    private let state: Locked<UInt64>

    public init(seed: UInt64) {
        state = Locked(seed)
    }

    public func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}

/// Returns the same number every time, so that tests know the jitter exactly.
public struct FixedRandom: RandomSource {
    private let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public func next() -> UInt64 { value }
}

/// Returns the numbers of a list in order, and starts over at its end.
public final class ListedRandom: RandomSource {
    private let values: [UInt64]
    private let place = Locked(0)

    public init(_ values: [UInt64]) {
        self.values = values
    }

    public func next() -> UInt64 {
        place.withLock { place in
            defer { place += 1 }
            return values[place % values.count]
        }
    }
}
