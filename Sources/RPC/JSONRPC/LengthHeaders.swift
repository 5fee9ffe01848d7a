/// Converts lines to messages with `Content-Length` headers. Compact JSON contains no line end.
enum LengthHeaders {
    static func applied(to lines: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.count + 32)
        for message in lines.split(separator: UInt8(ascii: "\n")) {
            bytes.append(contentsOf: "Content-Length: \(message.count)\r\n\r\n".utf8)
            bytes.append(contentsOf: message)
        }
        return bytes
    }
}
