public import AuraModel
internal import Glibc

/// The processes of this machine, read from `/proc`.
public enum ProcessTable {
    /// Returns the ids of the processes that belong to a directory. The directory is in their environment or their
    /// command line, or they work in it.
    ///
    /// The group or session of a child is not sufficient, because OpenSSH's shared connections leave both. The result
    /// contains only processes of the same user, and no zombies, which have ended except for their entry.
    static func belonging(to directory: String) -> [pid_t] {
        let myself = getpid()
        let user = geteuid()
        return DirectoryTree.names(in: "/proc").compactMap(pid_t.init).filter { id in
            id != myself && isOwned(id, by: user) && refers(id, to: directory) && !isZombie(id)
        }
    }

    /// Kills the processes that belong to a directory until there are no more. Returns false if some are left after two
    /// seconds, or if the task is cancelled.
    public static func end(belongingTo directory: String, time: any TimeSource) async -> Bool {
        await end(time: time) { belonging(to: directory) }
    }

    /// Kills the processes of a process group until there are no more. Returns false if some are left after two
    /// seconds, or if the task is cancelled.
    @discardableResult
    static func end(group: pid_t, time: any TimeSource) async -> Bool {
        await end(time: time) { members(ofGroup: group) }
    }

    private static func end(time: any TimeSource, _ list: () -> [pid_t]) async -> Bool {
        for _ in 1...400 {
            let processes = list()
            if processes.isEmpty { return true }
            for id in processes { kill(id, SIGKILL) }
            do { try await time.sleep(for: .milliseconds(5)) } catch { return false }
        }
        return list().isEmpty
    }

    private static func members(ofGroup group: pid_t) -> [pid_t] {
        DirectoryTree.names(in: "/proc").compactMap(pid_t.init).filter { id in
            guard let facts = facts(id) else { return false }
            return facts.group == group && !facts.isZombie
        }
    }

    private static func isOwned(_ id: pid_t, by user: uid_t) -> Bool {
        var status = stat()
        return stat("/proc/\(id)", &status) == 0 && status.st_uid == user
    }

    private static func refers(_ id: pid_t, to directory: String) -> Bool {
        let mark = Array(directory.utf8)
        return mentions(read("/proc/\(id)/environ"), mark) || mentions(read("/proc/\(id)/cmdline"), mark)
            || mentions(target("/proc/\(id)/cwd"), mark)
    }

    /// Returns true if `bytes` contains the path or a path below it. `/job/r12` does not contain `/job/r1`.
    static func mentions(_ bytes: [UInt8], _ path: [UInt8]) -> Bool {
        var from = bytes.startIndex
        while let found = bytes[from...].firstRange(of: path) {
            guard found.upperBound < bytes.endIndex else { return true }
            let next = bytes[found.upperBound]
            let isPartOfName = next != 0x2F && next > 0x20 && next != 0x3A && next != 0x22 && next != 0x27
            if !isPartOfName { return true }
            from = found.upperBound
        }
        return false
    }

    private static func isZombie(_ id: pid_t) -> Bool {
        facts(id)?.isZombie ?? true
    }

    /// Reads state and group from `/proc/ID/stat`. The name in brackets may contain any character. State, parent and
    /// group follow it.
    private static func facts(_ id: pid_t) -> (isZombie: Bool, group: pid_t)? {
        let text = String(decoding: read("/proc/\(id)/stat"), as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ", maxSplits: 3)
        guard fields.count >= 3, let group = pid_t(fields[2]) else { return nil }
        return (fields[0] == "Z" || fields[0] == "X", group)
    }

    /// Returns the file's bytes; empty if it cannot be read, for example because the process has just ended.
    private static func read(_ path: String) -> [UInt8] {
        (try? PrivateFile.read(path)) ?? []
    }

    private static func target(_ link: String) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(link, &buffer, buffer.count)
        return count > 0 ? buffer[..<count].map { UInt8(bitPattern: $0) } : []
    }
}
