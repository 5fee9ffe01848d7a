import AuraModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads the value of a secret: from a file, a pipe, or a terminal that does not show it.
enum SecretInput {
    /// Returns the value. Throws a ``Complaint`` that never contains it.
    static func value(of name: String, file: String?, on output: Output) throws -> Secret {
        guard let file else {
            guard StandardInput.isTerminal else {
                var bytes = try bytes(of: STDIN_FILENO, "standard input")
                // `echo VALUE |` and editors add it.
                if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
                return try secret(&bytes, "standard input")
            }
            var bytes = try HiddenLine.read(limitBytes: Secret.storedBytesAtMost) {
                output.note("type or paste the value of \(name), then press Enter: it is not shown")
            }
            return try secret(&bytes, "the terminal")
        }
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw failed("the file \(file)") }
        defer { close(descriptor) }
        var bytes = try bytes(of: descriptor, "the file \(file)")
        return try secret(&bytes, "the file \(file)")
    }

    private static func secret(_ bytes: inout [UInt8], _ source: String) throws -> Secret {
        defer { bytes.clear() }
        guard !bytes.isEmpty else { throw Complaint(.usage, "cannot use \(source), it is empty: give a value") }
        guard bytes.count <= Secret.storedBytesAtMost else { throw tooLong(source) }
        // The daemon's JSON has no NUL.
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw Complaint(
                .usage, "cannot use \(source), it is no text in UTF-8: give a text, such as the base64 of the bytes")
        }
        return Secret(clearing: &bytes)
    }

    /// Returns all bytes, but not many more than a secret may have.
    private static func bytes(of descriptor: Int32, _ source: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        defer { chunk.clear() }
        // A line end may follow the longest value.
        while bytes.count <= Secret.storedBytesAtMost + 1 {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count > 0 {
                bytes += chunk[..<count]
            } else if errno != EINTR {
                throw failed(source)
            }
        }
        throw tooLong(source)
    }

    private static func tooLong(_ source: String) -> Complaint {
        Complaint(.usage, "cannot use \(source), a secret has \(Secret.storedBytesAtMost) bytes at most: give less")
    }

    private static func failed(_ source: String) -> Complaint {
        Complaint(.usage, "cannot read \(source), \(String(cString: strerror(errno))): check its path")
    }
}
