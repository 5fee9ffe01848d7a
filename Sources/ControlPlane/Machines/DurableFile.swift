import Glibc

/// Making sure that a file outlives a power cut.
enum DurableFile {
    struct Failed: Error {}

    /// Returns once the file's content is on the disk.
    static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failed() }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Failed() }
    }

    /// Puts a file in another's place, and its directory's entry on the disk.
    static func rename(_ path: String, to target: String) throws {
        guard Glibc.rename(path, target) == 0 else { throw Failed() }
        let directory = String(target[..<(target.lastIndex(of: "/") ?? target.startIndex)])
        try sync(directory.isEmpty ? "." : directory)
    }
}
