/// A response while it arrives, with limits on its size.
struct AnswerBuffer: Sendable {
    /// The maximum number of header bytes. No API sends more.
    static let headerLimitBytes = 64 << 10

    var limitBytes = Int.max
    private(set) var headers = HTTPHeaders()
    private(set) var body: [UInt8] = []
    private(set) var isTooLarge = false
    private var headerBytes = 0

    /// Appends a part of the body. Returns false if the body exceeds the limit.
    mutating func appendBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= limitBytes else {
            isTooLarge = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    /// Appends one header line from libcurl. Returns false if the headers exceed the limit.
    ///
    /// A status line starts a new response, since the earlier one was an interim response such as `100 Continue`.
    mutating func appendHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        headerBytes += bytes.count
        guard headerBytes <= Self.headerLimitBytes else {
            isTooLarge = true
            return false
        }
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            headers = HTTPHeaders()
        } else if let colon = line.firstIndex(of: ":") {
            headers.append(name: Self.trimmed(line[..<colon]), value: Self.trimmed(line[line.index(after: colon)...]))
        }
        return true
    }

    private static func trimmed(_ text: Substring) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" || $0 == "\r\n" }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return String(rest)
    }
}
