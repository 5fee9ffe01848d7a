internal import Glibc

/// Functions for files and directories that only their owner can read.
public enum PrivateFile {
    /// Writes a new file with mode 0600. Throws if the path exists, also as a symbolic link.
    public static func write(_ text: String, to path: String) throws(ChildError) {
        try write(Array(text.utf8), to: path)
    }

    /// Writes a new file with mode 0600. Throws if the path exists, also as a symbolic link.
    public static func write(_ bytes: [UInt8], to path: String) throws(ChildError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("create", path) }
        var rest = bytes[...]
        var failed: ChildError?
        while !rest.isEmpty, failed == nil {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                failed = failure("write", path)
            }
        }
        close(file)
        if let failed { throw failed }
    }

    /// Reads a whole file. Throws if it is longer than `limitBytes`.
    public static func read(_ path: String, limitBytes: Int = 1 << 20) throws(ChildError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("read", path) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= limitBytes {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count > 0 {
                bytes += buffer[..<count]
            } else if errno != EINTR {
                throw failure("read", path)
            }
        }
        throw ChildError(.file, message: "cannot read \(path): it is longer than \(limitBytes) bytes")
    }

    /// Creates one directory with mode 0700. Its parent must exist.
    public static func makeDirectory(_ path: String) throws(ChildError) {
        guard mkdir(path, 0o700) == 0 else { throw failure("create", path) }
    }

    /// Creates a directory and its missing parents with mode 0700. Existing directories stay as they are.
    static func makeDirectories(_ path: String) throws(ChildError) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw failure("create", path)
        }
        try makeDirectories(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("create", path) }
    }

    /// Returns an error with the system's text for the last failed call.
    static func failure(_ verb: String, _ path: String) -> ChildError {
        ChildError(.file, message: "cannot \(verb) \(path): \(String(cString: strerror(errno)).lowercased())")
    }
}
