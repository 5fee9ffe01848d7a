import Glibc

/// The name of one run of the sandbox. The network and the directory of the run have this name; the names of its
/// containers begin with it.
///
/// The name contains the boot, the process id and the start time of the process. A later run can thus distinguish the
/// remains of a dead process from resources in use.
struct RunName: Sendable {
    let text: String

    /// The label of each container and network of a run; its value is the name of the run.
    static let label = "aura.sandbox.run"
    private static let prefix = "aura-sandbox"

    /// Returns the name for a run of this process.
    static func current() throws -> RunName {
        guard let start = ProcessIdentity.startTime(of: getpid()) else {
            throw SandboxError("cannot read /proc/self/stat: is /proc mounted?")
        }
        return RunName(text: "\(prefix)-\(boot())-\(getpid())-\(start)")
    }

    /// True if the process that owns a run still exists. Also true for a text that is not the name of a run, since its
    /// owner is not known.
    static func isAlive(_ text: some StringProtocol) -> Bool {
        let parts = text.dropFirst(prefix.count + 1).split(separator: "-")
        guard text.hasPrefix("\(prefix)-"), parts.count == 3, let pid = Int32(parts[1]) else { return true }
        return parts[0] == boot() && ProcessIdentity.startTime(of: pid).map(String.init) == String(parts[2])
    }

    /// Returns the name of a machine's container.
    func container(_ server: Int64) -> String { "\(text)-\(server)" }

    /// Returns the first characters of the boot id; process ids are reused after a reboot.
    private static func boot() -> String {
        String(TextFile.read("/proc/sys/kernel/random/boot_id")?.prefix(8) ?? "00000000")
    }
}

/// Distinguishes processes with the same process id.
enum ProcessIdentity {
    /// Returns the start time of a process in clock ticks since boot, or `nil` if it does not exist or is a zombie.
    static func startTime(of pid: Int32) -> UInt64? {
        // The fields follow the closing parenthesis of the command: the state is the first field, the start time the
        // twentieth.
        guard let text = TextFile.read("/proc/\(pid)/stat"), let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}

/// Access to small text files.
enum TextFile {
    /// Returns up to 64 KiB of a file, or `nil` if it cannot be read.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + length }, $0.count - length)
            }
            if count < 0 { return nil }
            if count == 0 { break }
            length += count
        }
        return String(decoding: bytes[..<length], as: UTF8.self)
    }
}
