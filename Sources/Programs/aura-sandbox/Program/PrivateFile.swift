import Glibc

/// Files that only their owner can read.
enum PrivateFile {
    /// Writes a file atomically, by default with mode 0600: readers see either the complete old text or the complete
    /// new text.
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

    /// Returns the error text of the last system call.
    static func reason() -> String { String(cString: strerror(errno)).lowercased() }
}

/// An error that stops the sandbox or fails a command of a machine.
struct SandboxError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
