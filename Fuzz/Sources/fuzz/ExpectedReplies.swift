@testable import JSONRPC

/// The replies that a stream must get. It relies on the framing and the decoder, which have their own targets.
struct ExpectedReplies {
    /// True if the client's messages have length headers, so that the replies must have them.
    let saysLengths: Bool
    private var singles: [[UInt8]] = []
    private var batches: [[[UInt8]]] = []
    /// Batches of notifications, which get a reply only if there is no room for them.
    private var silentBatches = 0
    private var isBroken = false

    init(to stream: [UInt8], _ limits: RPCLimits) {
        var framer = MessageFramer(limit: limits.messageBytes)
        let decoder = MessageDecoder(limits: limits)
        stream.withUnsafeBytes { framer.append($0) }
        saysLengths = framer.saysLengths
        framer.finish()
        while let frame = framer.next() {
            switch frame {
            case .message(let range): expect(framer.withBytes(of: range) { decoder.decode($0) })
            case .tooLong:
                let id = framer.withOverlong { EnvelopeIDs.readable(in: $0) } ?? .null
                singles.append(Array(id.raw.utf8))
            case .broken, .ping, .close:
                isBroken = true
                expect(nil)
            }
        }
    }

    private mutating func expect(_ message: Inbound?) {
        switch message {
        case nil: singles.append(Self.null)
        case .refused(let id, _), .notJSON(let id, _): singles.append(Array(id.raw.utf8))
        case .single(let item): singles += [Self.id(of: item)].compactMap(\.self)
        case .batch(let items):
            let ids = items.compactMap { Self.id(of: $0) }
            if ids.isEmpty {
                silentBatches += 1
            } else {
                batches.append(ids.sorted { $0.lexicographicallyPrecedes($1) })
            }
        }
    }

    private static let null = Array("null".utf8)

    private static func id(of item: Item) -> [UInt8]? {
        switch item {
        case .invalid(let id, _): Array(id.raw.utf8)
        case .request(let request): request.id.map { Array($0.raw.utf8) }
        }
    }

    /// Checks that each request has exactly one reply, and that nothing else has one.
    func check(_ replies: Replies, _ input: String) {
        var given = Counts(replies.singles)
        if Sabotage.isOn("connection") { given.remove([UInt8](arrayLiteral: UInt8(ascii: "-"), UInt8(ascii: "1"))) }
        for id in singles { require(given.remove(id), "\(shown(id)) has no reply, \(input)") }
        var answered = Counts(replies.batches)
        // A batch that does not fit gets one error instead, without an id.
        let refused = batches.filter { !answered.remove($0) }.count
        require(answered.isEmpty, "a batch of replies that nobody asked for, \(input)")
        let others = given.remove(all: Self.null)
        require(given.isEmpty, "replies that nobody asked for, \(input)")
        require((refused...(refused + silentBatches)).contains(others), "\(others) errors without id, \(input)")
        let noRoom = replies.errors[-32004, default: 0] + replies.errors[-32008, default: 0]
        require(others <= noRoom, "\(others) errors without id, \(noRoom) for want of room, \(input)")
        guard !isBroken else { return }
        for (number, count) in replies.promised {
            require(replies.events[number, default: 0] == count, "subscription \(number) lacks events, \(input)")
        }
    }
}

/// A multiset of values.
struct Counts<Value: Hashable> {
    private var counts: [Value: Int] = [:]

    init(_ values: [Value]) {
        for value in values { counts[value, default: 0] += 1 }
    }

    var isEmpty: Bool { counts.isEmpty }

    /// Removes one occurrence. Returns false if there is none.
    @discardableResult
    mutating func remove(_ value: Value) -> Bool {
        guard let count = counts[value] else { return false }
        counts[value] = count > 1 ? count - 1 : nil
        return true
    }

    /// Removes all occurrences of a value. Returns their number.
    mutating func remove(all value: Value) -> Int {
        counts.removeValue(forKey: value) ?? 0
    }
}
