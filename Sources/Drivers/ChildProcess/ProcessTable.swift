public import AuraModel
internal import Glibc

/// The processes of this machine, as `/proc` tells.
public enum ProcessTable {
    /// The ids of processes that belong to a directory: it stands in their environment or command line, or they work
    /// in it.
    ///
    /// The group or session of a child would not do: OpenSSH's shared connections leave both. Only processes of the
    /// same user are looked at, and zombies, which are gone but for their entry, are left out.
    static func belonging(to directory: String) -> [pid_t] {
        let myself = getpid()
        let user = geteuid()
        return DirectoryTree.names(in: "/proc").compactMap(pid_t.init).filter { id in
            id != myself && isOwned(id, by: user) && refers(id, to: directory) && !isZombie(id)
        }
    }

    /// Kills the processes that belong to a directory until there is none. Returns false where some are left after two
    /// seconds.
    public static func end(belongingTo directory: String, time: any TimeSource) async -> Bool {
        await end(time: time) { belonging(to: directory) }
    }

    /// The same for a process group.
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

    /// Whether the path, or something below it, stands in `bytes`; `/job/r1` is not in `/job/r12`.
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

    /// From `/proc/ID/stat`: after the name in brackets, which may hold anything, stand state, parent and group.
    private static func facts(_ id: pid_t) -> (isZombie: Bool, group: pid_t)? {
        let text = String(decoding: read("/proc/\(id)/stat"), as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ", maxSplits: 3)
        guard fields.count >= 3, let group = pid_t(fields[2]) else { return nil }
        return (fields[0] == "Z" || fields[0] == "X", group)
    }

    /// None where it cannot be read, such as when the process has just ended.
    private static func read(_ path: String) -> [UInt8] {
        (try? PrivateFile.read(path)) ?? []
    }

    private static func target(_ link: String) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(link, &buffer, buffer.count)
        return count > 0 ? buffer[..<count].map { UInt8(bitPattern: $0) } : []
    }
}
