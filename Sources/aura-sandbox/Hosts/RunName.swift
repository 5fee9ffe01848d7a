import Glibc

/// The name of one run of the sandbox. It says which process owns what bears it, so that a later run can tell
/// leftovers of a dead process from what a living one still uses: boot, process number and the process' start time.
struct RunName: Sendable {
    let text: String

    /// Every container and network of a run carries this label, with the run's name as value.
    static let label = "aura.sandbox.run"
    private static let prefix = "aura-sandbox"

    /// This process' run.
    static func current() throws -> RunName {
        guard let start = ProcessIdentity.startTime(of: getpid()) else {
            throw SandboxError("cannot read /proc/self/stat: is /proc mounted?")
        }
        return RunName(text: "\(prefix)-\(boot())-\(getpid())-\(start)")
    }

    /// Whether the process that owns a run is still there; a name that is no run's belongs to nobody we know.
    static func isAlive(_ text: some StringProtocol) -> Bool {
        let parts = text.dropFirst(prefix.count + 1).split(separator: "-")
        guard text.hasPrefix("\(prefix)-"), parts.count == 3, let pid = Int32(parts[1]) else { return true }
        return parts[0] == boot() && ProcessIdentity.startTime(of: pid).map(String.init) == String(parts[2])
    }

    /// A machine's container name.
    func container(_ server: Int64) -> String { "\(text)-\(server)" }

    /// The first characters of this boot's identity; process numbers mean something else after the next boot.
    private static func boot() -> String {
        String(TextFile.read("/proc/sys/kernel/random/boot_id")?.prefix(8) ?? "00000000")
    }
}

/// Which process a process number means.
enum ProcessIdentity {
    /// When a process started, in clock ticks since boot, or nil when there is none (or only its remains).
    static func startTime(of pid: Int32) -> UInt64? {
        // Fields follow the command's closing parenthesis: state is the first of them, the start time the twentieth.
        guard let text = TextFile.read("/proc/\(pid)/stat"), let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}

/// Small text files.
enum TextFile {
    /// Up to 64 KiB of a file, or nil where it cannot be read.
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
