@testable import JSONRPC

/// Fuzzes the framing: a stream gives the same frames whole and in pieces, and the framer keeps no more bytes than its
/// limits allow. The same bytes are also parsed as a WebSocket stream.
enum FramingTarget {
    private static let limits = [16, 100, 1000, 4096]

    /// A part of a parsed stream, in a form that does not depend on the split. So it omits how much of a long line was
    /// seen.
    enum Piece: Equatable {
        case message([UInt8])
        case tooLong
        case broken(String)
        case ping([UInt8])
        case close(UInt16)
    }

    static func run(_ bytes: [UInt8]) {
        let plan = Plan(bytes)
        let limit = limits[Int(plan.choice) % limits.count]
        let whole = frames(of: [plan.stream], limit: limit)
        let pieces = frames(of: plan.pieces, limit: limit)
        require(whole == pieces, "at once: \(whole), in pieces: \(pieces), from \(plan)")
        checkWhole(plan, limit)
        checkWebSocket(plan, limit)
    }

    private static func checkWebSocket(_ plan: Plan, _ limit: Int) {
        let pieces = frames(of: plan.pieces, limit: limit, framing: .webSocket)
        let expected = ExpectedFrames(of: Array(plan.stream), limit: limit).frames
        require(pieces == expected, "a WebSocket: \(pieces), expected: \(expected), from \(plan)")
    }

    private static func frames(of pieces: [ArraySlice<UInt8>], limit: Int, framing: Framing = .stream) -> [Piece] {
        var framer = MessageFramer(limit: limit, framing: framing)
        var frames: [Piece] = []
        for (number, piece) in pieces.enumerated() {
            piece.withUnsafeBytes { framer.append($0) }
            // The check is slower than the piece, so it runs for the first pieces and for some of the later ones.
            if number < 16 || number.isMultiple(of: 16) {
                let held = held(framer)
                require(held <= most(limit) + piece.count, "\(held) bytes are held for a limit of \(limit)")
            }
            take(from: &framer, limit, into: &frames)
            if number.isMultiple(of: 2) { framer.trim() }
        }
        framer.finish()
        take(from: &framer, limit, into: &frames)
        let isBroken = if case .broken = frames.last { true } else { false }
        require(framer.hasFinished || isBroken || framer.saysLengths, "something is left at the end")
        if Sabotage.isOn("framing"), pieces.count > 2 { frames.removeAll { $0 == .tooLong } }
        return frames
    }

    private static func take(from framer: inout MessageFramer, _ limit: Int, into frames: inout [Piece]) {
        while true {
            // Reads as a connection does: first the messages of one frame, then the next frame of any kind.
            framer.take { bytes in
                require(bytes.count <= limit, "a message of \(bytes.count) bytes for a limit of \(limit)")
                frames.append(.message(Array(bytes)))
                return true
            }
            guard let frame = framer.next() else { return }
            switch frame {
            case .message(let range):
                require(range.count <= limit, "a message of \(range.count) bytes for a limit of \(limit)")
                frames.append(.message(framer.withBytes(of: range) { Array($0) }))
            case .tooLong: frames.append(.tooLong)
            case .broken(let reason): frames.append(.broken(reason))
            case .ping(let range): frames.append(.ping(framer.withBytes(of: range) { Array($0) }))
            case .close(let code): frames.append(.close(code.rawValue))
            }
        }
    }

    /// Checks that messages that arrive whole are returned unchanged.
    private static func checkWhole(_ plan: Plan, _ limit: Int) {
        var framer = MessageFramer(limit: limit, framing: .whole)
        var frames: [Piece] = []
        for piece in plan.pieces { piece.withUnsafeBytes { framer.append($0) } }
        take(from: &framer, limit, into: &frames)
        let expected = plan.pieces.map { $0.count <= limit ? Piece.message(Array($0)) : .tooLong }
        require(frames == expected, "whole messages: \(frames) from \(plan)")
    }

    /// The maximum number of bytes that the framer may keep: an incomplete message or line end, after complete or
    /// incomplete headers.
    private static func most(_ limit: Int) -> Int { limit + HeaderFramer.headerLimit }

    /// Returns the number of bytes in the framer's buffers, found by reflection.
    private static func held(_ framer: MessageFramer) -> Int {
        bytes(in: Mirror(reflecting: framer))
    }

    private static func bytes(in mirror: Mirror) -> Int {
        mirror.children.reduce(0) { sum, child in
            if let bytes = child.value as? [UInt8] { return sum + bytes.count }
            return sum + bytes(in: Mirror(reflecting: child.value))
        }
    }
}
