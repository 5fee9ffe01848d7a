import PKI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The files of a certificate and its key.
struct PairFiles: Sendable, Hashable {
    var certificate: String
    var key: String

    /// Writes a pair: the key first, so that no certificate is without its key. Throws a ``Complaint``, and writes
    /// neither, if a file exists and `replaces` is false.
    func write(_ pair: IssuedPair, replaces: Bool) throws {
        if !replaces {
            for path in [key, certificate] where access(path, F_OK) == 0 { throw PKIFile.exists(path) }
        }
        try PKIFile.write(pair.key, key, mode: 0o600, replaces: replaces)
        // A certificate is no secret, and others have to read it.
        try PKIFile.write(pair.certificate, certificate, mode: 0o644, replaces: replaces)
    }
}

/// Files that hold keys and certificates.
enum PKIFile {
    private static let limitBytes = 1 << 20

    /// Returns the text of a file of at most 1 MiB. Throws a ``Complaint``.
    static func read(_ path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure("read", path) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= limitBytes {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count == 0 { break }
            guard count > 0 else { throw failure("read", path) }
            bytes += buffer[..<count]
        }
        guard bytes.count <= limitBytes, let text = String(validating: bytes, as: UTF8.self) else {
            throw Complaint(.usage, "cannot read \(path): it is no text in PEM form")
        }
        return text
    }

    /// Writes a file at once: it has the whole text, or is as before. Throws a ``Complaint``.
    static func write(_ text: String, _ path: String, mode: mode_t, replaces: Bool) throws {
        let temporary = "\(path).\(getpid()).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("write", temporary) }
        var isDone = false
        defer { if !isDone { unlink(temporary) } }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else {
                close(file)
                throw failure("write", temporary)
            }
            rest = rest.dropFirst(count)
        }
        let isKept = fchmod(file, mode) == 0 && fsync(file) == 0
        guard close(file) == 0, isKept else { throw failure("write", temporary) }
        if replaces {
            guard rename(temporary, path) == 0 else { throw failure("write", path) }
            isDone = true
        } else {
            // Unlike rename(2), link(2) never replaces a file.
            guard link(temporary, path) == 0 else { throw errno == EEXIST ? exists(path) : failure("write", path) }
        }
    }

    /// Makes a directory for keys, unless it exists. Throws a ``Complaint``.
    static func makeDirectory(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("make", path) }
    }

    static func exists(_ path: String) -> Complaint {
        Complaint(.usage, "cannot write \(path): it exists, choose another path or use --force")
    }

    private static func failure(_ attempt: String, _ path: String) -> Complaint {
        Complaint(.cannotWrite, "cannot \(attempt) \(path): \(String(cString: strerror(errno)))")
    }
}
