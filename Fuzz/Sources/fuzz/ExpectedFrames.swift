/// A second parser of WebSocket streams, by RFC 6455 §5 and §7.4, that is not optimised.
struct ExpectedFrames {
    private(set) var frames: [FramingTarget.Piece] = []
    private var message: [UInt8]?
    /// True if the message began with a binary frame.
    private var isBinary = false
    private let limit: Int

    init(of stream: [UInt8], limit: Int) {
        self.limit = limit
        read(stream[...])
    }

    private mutating func read(_ stream: ArraySlice<UInt8>) {
        var rest = stream
        while let frame = Self.head(of: rest) {
            guard frame.isSound else { return end(1002) }
            if let code = refusal(frame) { return end(code) }
            let data = rest.dropFirst(frame.size).prefix(frame.length)
            guard data.count == frame.length else { return }
            rest = rest.dropFirst(frame.size + frame.length)
            if let code = take(frame, data.enumerated().map { $1 ^ frame.mask[$0 % 4] }) { return end(code) }
        }
    }

    private struct Head {
        var isLast: Bool
        var opcode: UInt8
        var isSound: Bool
        var length: Int
        var mask: [UInt8]
        var size: Int
    }

    /// Parses a frame's head. Returns `nil` if it is incomplete.
    private static func head(of bytes: ArraySlice<UInt8>) -> Head? {
        let bytes = Array(bytes.prefix(14))
        guard bytes.count >= 2 else { return nil }
        var head = Head(isLast: bytes[0] >= 128, opcode: bytes[0] % 16, isSound: true, length: 0, mask: [], size: 2)
        guard bytes[0] / 16 % 8 == 0, bytes[1] >= 128 else {
            head.isSound = false
            return head
        }
        var length = UInt64(bytes[1] - 128)
        if length > 125 {
            head.size += length == 126 ? 2 : 8
            guard bytes.count >= head.size else { return nil }
            length = bytes[2..<head.size].reduce(0) { $0 * 256 + UInt64($1) }
        }
        let longestThatIsShorter: UInt64? = [4: 125, 10: 65_535][head.size]
        guard length < 1 << 62, longestThatIsShorter.map({ length > $0 }) ?? true else {
            head.isSound = false
            return head
        }
        head.length = Int(length)
        head.mask = Array(bytes.dropFirst(head.size).prefix(4))
        head.size += 4
        return head.mask.count == 4 ? head : nil
    }

    /// Returns the close code if the frame's head alone ends the stream, whatever its data.
    private mutating func refusal(_ frame: Head) -> UInt16? {
        switch frame.opcode {
        case 0, 1, 2:
            if (frame.opcode != 0) != (message == nil) { return 1002 }
            guard frame.length + (message ?? []).count > limit else { return nil }
            frames.append(.tooLong)
            return 1009
        case 8, 9, 10: return frame.isLast && frame.length <= 125 ? nil : 1002
        default: return 1002
        }
    }

    private mutating func take(_ frame: Head, _ data: [UInt8]) -> UInt16? {
        switch frame.opcode {
        case 0, 1, 2:
            if frame.opcode != 0 { isBinary = frame.opcode == 2 }
            let whole = (message ?? []) + data
            message = frame.isLast ? nil : whole
            guard frame.isLast else { return nil }
            guard Self.isText(whole) else { return isBinary ? 1003 : 1007 }
            frames.append(.message(whole))
        case 9: frames.append(.ping(data))
        case 8:
            guard !data.isEmpty else { return 1000 }
            guard data.count > 1 else { return 1002 }
            let code = UInt16(data[0]) * 256 + UInt16(data[1])
            let isGiven = [1000, 1001, 1002, 1003].contains(code) || (1007...1014) ~= code || (3000...4999) ~= code
            return isGiven ? (Self.isText(data.dropFirst(2)) ? code : 1007) : 1002
        default: break
        }
        return nil
    }

    private mutating func end(_ code: UInt16) {
        frames.append(.close(code))
    }

    /// Returns true if the bytes are valid UTF-8: decoding and encoding changes only invalid bytes.
    private static func isText(_ bytes: some Collection<UInt8>) -> Bool {
        Array(String(decoding: bytes, as: UTF8.self).utf8) == Array(bytes)
    }
}
