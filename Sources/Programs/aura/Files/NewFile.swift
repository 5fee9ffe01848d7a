#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that a command makes for a secret: with the mode 0600, and never in the place of another file.
///
/// It is made before the secret exists, so that a secret which cannot be asked for again is not lost.
final class NewFile: Sendable {
    let path: String
    private let descriptor: Int32

    /// Makes an empty file. Throws a ``Complaint`` if the path exists or the file cannot be made. `remedy` follows the
    /// reason: `give --out another path`.
    init(_ path: String, remedy: String = "give --out another path") throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor < 0 else { return }
        let reason = errno == EEXIST ? "it exists already" : String(cString: strerror(errno))
        throw Complaint(.cannotWrite, "cannot make the file \(path), \(reason): \(remedy)")
    }

    deinit {
        close(descriptor)
    }

    /// Writes the text. Throws a ``Complaint`` if not all of it is on the disk: the caller then discards the file.
    func finish(_ text: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                throw failed()
            }
        }
        guard fsync(descriptor) == 0 else { throw failed() }
    }

    /// Removes the file.
    func discard() {
        unlink(path)
    }

    /// Sets the owner and the permissions of the file. Throws a ``Complaint``.
    func take(owner: uid_t, group: gid_t, mode: mode_t) throws {
        guard fchown(descriptor, owner, group) == 0, fchmod(descriptor, mode) == 0 else { throw failed() }
    }

    private func failed() -> Complaint {
        Complaint(
            .cannotWrite,
            "cannot write the file \(path), \(String(cString: strerror(errno))): make room, or give another path")
    }
}
