import JSON
import Testing

@testable import JSONRPC

/// The fast path and the normal path read every text alike.
@Suite struct ShortWayTests {
    static let seeds = [
        #"{"jsonrpc":"2.0","id":1,"method":"system.ping"}"#,
        #"{"jsonrpc":"2.0","id":"a","method":"status.get","params":{"id":"x","n":[1,2.5,{"k":"v\"}"}]}}"#,
        #"{ "method" : "m" , "params" : [ ] , "id" : null, "jsonrpc" : "2.0" }"#,
        #"[{"jsonrpc":"2.0","id":1e2,"method":"a"},{"jsonrpc":"2.0","method":"b","params":[]}]"#,
        #"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":-1.50}}"#,
    ]

    @Test(arguments: seeds)
    func fastAndNormalPathReadMutatedMessagesAlike(seed: String) {
        var random = SplitMix(state: UInt64(seed.utf8.count))
        let alphabet =
            Array("{}[]\",:\\ \n0123456789eE+-.untlrfasjopcmd".utf8) + [0xC3, 0xA9, 0xFF, 0x00, 0xEF, 0xBB, 0xBF]
        for _ in 0..<3_000 {
            var bytes = Array(seed.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(alphabet[Int.random(in: 0..<alphabet.count, using: &random)], at: place)
                case 2: bytes[place] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                default:
                    let end = min(bytes.count, place + Int.random(in: 1...12, using: &random))
                    bytes.insert(contentsOf: bytes[place..<end], at: place)
                }
            }
            let short = MessageDecoderTests.decode(bytes, short: true)
            let long = MessageDecoderTests.decode(bytes, short: false)
            #expect(short == long, "for \(String(decoding: bytes, as: UTF8.self)) as \(bytes)")
        }
    }

    private static func mutated(_ seed: String, _ random: inout SplitMix) -> [UInt8] {
        var bytes = Array(seed.utf8)
        let alphabet = Array("{}[]\",:\\ \r\n0123456789e+-.nul".utf8) + [0xC3, 0xFF, 0x00]
        for _ in 0..<Int.random(in: 0...2, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(alphabet[Int.random(in: 0..<alphabet.count, using: &random)], at: place)
            default: bytes[place] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
        }
        return bytes
    }

    /// Returns the replies to a connection that sends these messages, in pieces of at most `pieces` bytes, and then
    /// ends.
    private static func replies(
        _ router: Router, _ framing: Framing, _ messages: [[UInt8]], pieces: Int = .max
    ) async -> [String] {
        let connection = InMemoryConnection(router: router, limits: RPCLimits(batchItems: 3), framing: framing)
        var random = SplitMix(state: 11)
        for message in messages {
            var rest = (framing == .whole ? message : message + [UInt8(ascii: "\n")])[...]
            while !rest.isEmpty {
                let piece = pieces == .max ? rest : rest.prefix(Int.random(in: 1...pieces, using: &random))
                connection.send(Array(piece))
                rest = rest.dropFirst(piece.count)
            }
        }
        connection.endInput()
        var replies: [String] = []
        while let reply = await connection.nextMessage() { replies.append(String(decoding: reply, as: UTF8.self)) }
        return replies
    }

    static let calls = [
        #"{"jsonrpc":"2.0","id":1,"method":"known","params":{}}"#, #"{"method":"known","jsonrpc":"2.0","id":"\"}"#,
        #"{"jsonrpc":"2.0","method":"known"}"#, #" [ {"jsonrpc":"2.0","id":null,"method":"known","params":[]} ] "#,
        #"[{"jsonrpc":"2.0","id":1.50,"method":"known"},{"jsonrpc":"2.0","method":"known"},{"jsonrpc":"2.0","id":2,"method":"known"}]"#,
        #"[{"jsonrpc":"2.0","method":"known"},{"jsonrpc":"2.0","method":"known"}]"#,
        #"{"jsonrpc":"2.0","id":3,"method":"known","params":{"a":1}}"#, #"{"jsonrpc":"2.0","id":4,"method":"other"}"#,
        // Longer than an item of a batch may be while the batch still arrives.
        #"[{"jsonrpc":"2.0","method":"known","id":""# + String(repeating: "x", count: 700) + #""}]"#,
    ]

    /// A method with a precomputed reply and the same method as a normal handler give the same replies.
    @Test(arguments: [(Framing.stream, Int.max), (.stream, 100), (.stream, 9), (.whole, .max)])
    func precomputedRepliesEqualThoseOfTheNormalPath(framing: Framing, pieces: Int) async throws {
        var known = Router { _ in }
        try known.registerConstant(RPCMethod<NoParams, [Int]>("known"), [1, 2])
        var carriedOut = Router { _ in }
        carriedOut.registerImmediate(RPCMethod<NoParams, [Int]>("known")) { _, _ in [1, 2] }
        var random = SplitMix(state: 7)
        var messages: [[UInt8]] = []
        for _ in 0..<3_000 { messages.append(Self.mutated(Self.calls.randomElement(using: &random) ?? "", &random)) }
        let quick = await Self.replies(known, framing, messages, pieces: pieces)
        let long = await Self.replies(carriedOut, framing, messages)
        #expect(quick.count > 1_000)
        #expect(quick == long)
    }

    @Test func aLaterMethodOfTheSameNameReplacesAConstant() async throws {
        var router = Router { _ in }
        try router.registerConstant(RPCMethod<NoParams, Int>("known"), 1)
        router.registerImmediate(RPCMethod<NoParams, Int>("known")) { _, _ in 2 }
        let call = Array(#"{"jsonrpc":"2.0","id":1,"method":"known"}"#.utf8)
        #expect(await Self.replies(router, .stream, [call]) == [#"{"jsonrpc":"2.0","id":1,"result":2}"#])
    }
}

/// The SplitMix generator of Steele, Lea and Flood. Every run has the same texts, so a failure can be repeated.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
