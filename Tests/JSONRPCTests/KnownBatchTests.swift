import Testing

@testable import JSONRPC

/// A batch of calls with precomputed replies is answered while it arrives.
@Suite struct KnownBatchTests {
    private static let limits = RPCLimits(batchItems: 3)

    private static func call(_ id: Int) -> String { #"{"jsonrpc":"2.0","id":\#(id),"method":"known"}"# }
    private static func reply(_ id: Int) -> String { #"{"jsonrpc":"2.0","id":\#(id),"result":1}"# }

    private static func known() -> PrecomputedReplies {
        var known = PrecomputedReplies()
        known.add("known", result: Array("1".utf8))
        return known
    }

    /// Feeds a batch in pieces and returns the replies, or `nil` if the batch is left to the normal path. Bytes that
    /// were processed are overwritten before the next piece, so that nothing can read them again.
    private static func answer(_ pieces: [String]) -> (text: String?, early: [Int]) {
        let known = known()
        var batch = PrecomputedReplies.BatchReply()
        var bytes: [UInt8] = []
        var early: [Int] = []
        for piece in pieces.dropLast() {
            bytes += Array(piece.utf8)
            bytes.withUnsafeBytes { known.begin(&batch, $0, limits) }
            early.append(batch.items)
            for index in 0..<batch.position { bytes[index] = UInt8(ascii: "?") }
        }
        bytes += Array((pieces.last ?? "").utf8)
        var replies: [UInt8] = []
        let isKnown = bytes.withUnsafeBytes { known.answer($0, limits, begun: &batch, to: &replies) }
        return (isKnown ? String(decoding: replies, as: UTF8.self) : nil, early)
    }

    @Test func eachItemIsAnsweredWhenItHasArrived() {
        let (text, early) = Self.answer([
            "[" + Self.call(1), "," + Self.call(2) + " , ", Self.call(3).prefix(9).description,
            Self.call(3).dropFirst(9) + "]",
        ])
        #expect(early == [0, 2, 2])
        #expect(text == "[\(Self.reply(1)),\(Self.reply(2)),\(Self.reply(3))]\n")
    }

    @Test func notificationsAddNothingToTheReply() {
        let notification = #"{"jsonrpc":"2.0","method":"known"}"#
        #expect(Self.answer(["[" + notification + ",", Self.call(2) + "]"]).text == "[\(Self.reply(2))]\n")
        #expect(Self.answer(["[" + notification + ",", notification + "]"]).text == "")
    }

    /// All items count for the limit, including those that were answered before.
    @Test func aBatchOverTheLimitIsLeftToTheNormalPath() {
        let calls = (1...4).map(Self.call)
        #expect(Self.answer(["[" + calls[0] + "," + calls[1] + ",", calls[2] + "," + calls[3] + "]"]).text == nil)
        #expect(Self.answer(["[" + calls[0] + "," + calls[1] + ",", calls[2] + "]"]).text != nil)
    }

    @Test(arguments: [#"{"jsonrpc":"2.0","id":2,"method":"other"}"#, "7", ""])
    func aBatchWithAnUnknownItemIsLeftToTheNormalPath(item: String) {
        #expect(Self.answer(["[" + Self.call(1) + ",", item + "]"]).text == nil)
    }
}
