import Glibc

/// Files that only their owner may read.
enum PrivateFile {
    /// Writes a file with mode 0600 in one step: readers see the old text or the new one, whole.
    static func write(_ text: String, to path: String, mode: mode_t = 0o600) throws {
        let draft = "\(path).\(getpid()).new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SandboxError("cannot write \(path): \(reason())") }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw SandboxError("cannot write \(path): \(reason())") }
            bytes = bytes.dropFirst(written)
        }
        guard fchmod(descriptor, mode) == 0, rename(draft, path) == 0 else {
            throw SandboxError("cannot write \(path): \(reason())")
        }
    }

    /// Makes a directory that only its owner may enter, with those above it.
    static func makeDirectory(_ path: String) throws {
        var sofar = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            sofar += "/\(part)"
            guard mkdir(sofar, 0o700) == 0 || errno == EEXIST else {
                throw SandboxError("cannot make directory \(path): \(reason())")
            }
        }
    }

    /// What the last system call complained of.
    static func reason() -> String { String(cString: strerror(errno)).lowercased() }
}

/// Why the sandbox cannot go on.
struct SandboxError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
