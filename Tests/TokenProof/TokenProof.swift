import ArgumentParser
import TokenMutations
import Tokens

/// Shows that changed tokens are refused: `prove-tokens --count 1000000 --seed 1`.
@main
struct TokenProof: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove-tokens", abstract: "Counts how many changed tokens are accepted; the number must be 0.")

    @Option(help: "The number of changed tokens.")
    var count = 1_000_000

    @Option(help: "The seed of the changes.")
    var seed: UInt64 = 1

    private static let keys = [
        TokenKey(id: "k1", bytes: Array(0..<32)), TokenKey(id: "k2", bytes: Array(1...32)),
    ]
    private static let restrictions = [
        "method=status.*", "tenant=alice", "before=1800000000", "peer=192.0.2.0/24,unix:1000", "rate=60/60",
        "scope=instances:read", "instance=0199-id", "method=job.get,job.list",
    ]

    /// Genuine tokens of two keys and two ids, with none to eight restrictions.
    private static func genuine() throws -> [String] {
        var texts: [String] = []
        for key in keys {
            for start in [UInt8(0), 100] {
                var token = key.token(id: Array(start..<start + 16))
                texts.append(token.text)
                for restriction in restrictions {
                    token = try token.restricted(by: TokenRestriction(restriction))
                    texts.append(token.text)
                }
            }
        }
        return texts
    }

    func run() throws {
        let tokens = try Self.genuine()
        let known = Set(tokens)
        var mutator = TokenMutator(tokens, seed: seed)
        var (unchanged, malformed, forged, accepted) = (0, 0, 0, 0)
        var checks = Duration.zero
        let clock = ContinuousClock()
        let start = clock.now
        while malformed + forged + accepted < count {
            let text = String(decoding: mutator.next(), as: UTF8.self)
            if known.contains(text) {
                unchanged += 1
                continue
            }
            guard let token = try? Token(text) else {
                malformed += 1
                continue
            }
            let before = clock.now
            // As the daemon does: a token whose key is not known gets the work of a verification too.
            let key = Self.keys.first { $0.id == token.keyID } ?? Self.keys[0]
            let isGenuine = key.verifies(token)
            checks += before.duration(to: clock.now)
            if isGenuine {
                accepted += 1
                print("ACCEPTED: \(text)")
            } else {
                forged += 1
            }
        }
        let seconds = start.duration(to: clock.now)
        print("prove-tokens: \(count) changed tokens of \(tokens.count) genuine ones, seed \(seed), in \(seconds)")
        print("prove-tokens: \(malformed) malformed, \(forged) with a wrong tag, \(accepted) accepted")
        print("prove-tokens: \(unchanged) more were equal to a genuine token and not counted")
        if forged > 0 {
            let nanoseconds = (checks / forged).components.attoseconds / 1_000_000_000
            print("prove-tokens: a verification takes \(nanoseconds) ns on average, with up to eight restrictions")
        }
        if accepted > 0 { throw ExitCode.failure }
    }
}
