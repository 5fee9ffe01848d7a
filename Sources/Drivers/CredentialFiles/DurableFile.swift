import Glibc

/// Writes files so that they survive a power cut.
enum DurableFile {
    struct Failed: Error {}

    /// Writes a file of mode 0600 under exactly this name, and returns once its content is on the disk.
    ///
    /// Foundation would first write under a random name, and a file that a crash leaves under that name would never be
    /// found.
    static func write(_ bytes: [UInt8], to path: String) throws {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failed() }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failed() }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw Failed() }
    }

    /// Renames a file to `target`, which it replaces, and syncs the directory to the disk.
    static func rename(_ path: String, to target: String) throws {
        guard Glibc.rename(path, target) == 0 else { throw Failed() }
        let directory = String(target[..<(target.lastIndex(of: "/") ?? target.startIndex)])
        try sync(directory.isEmpty ? "." : directory)
    }

    private static func sync(_ directory: String) throws {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failed() }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Failed() }
    }
}
