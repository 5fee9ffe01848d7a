public import AuraModel
internal import Glibc
internal import Locking
public import Logging

/// Creates temporary directories for child processes, and removes the directories of daemons that died.
///
/// Layout: `PATH/OWNER/lock` and `PATH/OWNER/rN`. Each daemon has one owner directory and holds a lock on its file
/// `lock`. The kernel releases the lock however the daemon ends. So ``sweep()`` recognizes dead owners without process
/// ids. Paths are short, because the path of a Unix socket below them may have at most 107 bytes.
public final class WorkDirectory: Sendable {
    private struct Owner: Sendable {
        var path: String
        var lock: Int32
        var made = 0
    }

    private let path: String
    private let time: any TimeSource
    private let log: Logger
    private let owner = Locked<Owner?>(nil)

    /// Creates the manager of a directory. `path` is absolute. The directory is created when it is first needed.
    public init(path: String, time: any TimeSource, log: Logger) {
        self.path = path
        self.time = time
        self.log = log
    }

    deinit {
        guard let owner = owner.withLock({ $0 }) else { return }
        unlink("\(owner.path)/lock")
        rmdir(owner.path)
        close(owner.lock)
    }

    /// Runs `body` with a new directory. Afterwards, also after an error or a cancellation, ends every process that
    /// still belongs to the directory and removes it.
    public func withDirectory<Result: Sendable>(
        _ body: (_ path: String) async throws -> Result
    ) async throws -> Result {
        let directory = try make()
        do {
            let result = try await body(directory)
            await clear(directory)
            return result
        } catch {
            await clear(directory)
            throw error
        }
    }

    /// Ends the processes of daemons that died, and removes their directories. Directories of living daemons stay.
    public func sweep() async {
        for name in DirectoryTree.names(in: path) where !name.hasPrefix(".") {
            let directory = "\(path)/\(name)"
            guard let lock = Self.lock(directory) else { continue }
            log.notice("clearing away what a daemon left behind", metadata: ["directory": "\(directory)"])
            await clear(directory)
            close(lock)
        }
    }

    private func make() throws(ChildError) -> String {
        let made = owner.withLock { owner -> Result<String, ChildError> in
            Result { () throws(ChildError) in
                var present: Owner
                if let owner { present = owner } else { present = try Self.settle(in: path) }
                present.made += 1
                owner = present
                let directory = "\(present.path)/r\(present.made)"
                try PrivateFile.makeDirectory(directory)
                return directory
            }
        }
        return try made.get()
    }

    /// Creates the directory of this daemon. The directory gets its final name only after its lock is held, so that no
    /// other daemon's sweep can remove it.
    private static func settle(in path: String) throws(ChildError) -> Owner {
        try PrivateFile.makeDirectories(path)
        let name = String(UInt32.random(in: .min ... .max), radix: 36)
        let young = "\(path)/.\(name)"
        try PrivateFile.makeDirectory(young)
        let file = open("\(young)/lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0, flock(file, LOCK_EX | LOCK_NB) == 0, rename(young, "\(path)/\(name)") == 0 else {
            throw PrivateFile.failure("lock", young)
        }
        return Owner(path: "\(path)/\(name)", lock: file)
    }

    /// Locks the directory of a dead daemon. Returns `nil` if the daemon is alive, or if the lock file cannot be
    /// opened.
    private static func lock(_ directory: String) -> Int32? {
        let file = open("\(directory)/lock", O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return nil }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            return nil
        }
        return file
    }

    /// Continues to its end even if the task is cancelled, because secrets and processes must not be left behind.
    private func clear(_ directory: String) async {
        let time = time
        let log = log
        await Task {
            if await !ProcessTable.end(belongingTo: directory, time: time) {
                log.error("cannot end all processes of a run", metadata: ["directory": "\(directory)"])
            }
            if !DirectoryTree.remove(directory) {
                log.error("cannot remove the directory of a run", metadata: ["directory": "\(directory)"])
            }
        }.value
    }
}
