public import AuraModel
internal import Glibc
internal import Locking
public import Logging

/// Makes throw-away directories for child processes, and clears away those of daemons that died.
///
/// Layout: `PATH/OWNER/lock` and `PATH/OWNER/rN`. The owner, one per daemon, holds a lock on its file, which the kernel
/// drops however the daemon ends: so ``sweep()`` knows the dead ones without trusting process ids. Paths are kept
/// short, since a Unix socket below them may have 107 bytes at most.
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

    /// `path` is absolute and made when it is first needed.
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

    /// Runs `body` with a new directory that is removed afterwards, whatever happens, together with every process that
    /// still belongs to it.
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

    /// Ends what is left of daemons that died, and removes their directories. Those of living ones stay.
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

    /// Makes the directory of this daemon. It gets its name only when its lock is held, so that nobody who sweeps can
    /// take it for a dead one's.
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

    /// Takes the lock of a dead daemon's directory; none where it lives, or is just settling in.
    private static func lock(_ directory: String) -> Int32? {
        let file = open("\(directory)/lock", O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return nil }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            return nil
        }
        return file
    }

    /// Runs to its end even when the task is cancelled: secrets and processes must not stay behind.
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
