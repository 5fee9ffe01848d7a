import JSON
import Testing

@testable import JSONRPC

/// The short way to a request and the long one must agree on every text.
@Suite struct ShortWayTests {
    static let seeds = [
        #"{"jsonrpc":"2.0","id":1,"method":"system.ping"}"#,
        #"{"jsonrpc":"2.0","id":"a","method":"status.get","params":{"id":"x","n":[1,2.5,{"k":"v\"}"}]}}"#,
        #"{ "method" : "m" , "params" : [ ] , "id" : null, "jsonrpc" : "2.0" }"#,
        #"[{"jsonrpc":"2.0","id":1e2,"method":"a"},{"jsonrpc":"2.0","method":"b","params":[]}]"#,
        #"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":-1.50}}"#,
    ]

    @Test(arguments: seeds)
    func mutatedMessagesAreReadAlike(seed: String) {
        var random = SystemRandomNumberGenerator()
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
}
