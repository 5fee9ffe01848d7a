internal import Glibc

/// The daemon's sign of life for the supervisor of its child.
enum Pulse {
    /// Writes the machine's uptime, as in `/proc/uptime`, into the file that the supervisor reads.
    static func write(directory: String) throws(ChildError) {
        let (path, new) = ("\(directory)/\(Supervisor.pulse)", "\(directory)/\(Supervisor.pulse).new")
        unlink(new)
        try PrivateFile.write(try PrivateFile.read("/proc/uptime"), to: new)
        guard rename(new, path) == 0 else { throw PrivateFile.failure("write", path) }
    }
}
