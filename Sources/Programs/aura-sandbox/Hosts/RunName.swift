import FoundationEssentials
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
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        return String((text ?? "00000000").prefix(8))
    }
}

/// Distinguishes processes with the same process id.
enum ProcessIdentity {
    /// Returns the start time of a process in clock ticks since boot, or `nil` if it does not exist or is a zombie.
    static func startTime(of pid: Int32) -> UInt64? {
        // The fields follow the closing parenthesis of the command: the state is the first field, the start time the
        // twentieth.
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let close = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}
