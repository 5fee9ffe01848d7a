import AuraModel
import FoundationEssentials
import Glibc
import JSON
import Locking
import Logging
import ServiceLifecycle
import Storage

extension Settings.Persistence {
    /// Opens or creates the database, and migrates it to the newest schema.
    func openStore(kinds: InstanceKinds, logger: Logger) async throws(StorageError) -> any Store {
        try await database.open(claim(), kinds: kinds, logger: logger)
    }

    /// Returns the conditions for opening the database, from the daemon's credentials and its stored ledger mark.
    private func claim() -> DatabaseClaim {
        // If keys of machines exist, their database may be lost. A new database would not know these machines, so it is
        // not allowed.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: credentialsDirectory)) ?? []
        return DatabaseClaim(
            installation: Installation.new(), newEpoch: Installation.new(),
            allowsNew: !names.contains { $0.hasSuffix(".json") }, mark: MarkFile(stateDirectory).read())
    }
}

/// The file in the state directory that stores the daemon's `LedgerMark`.
struct MarkFile: Sendable {
    private let path: String
    /// The name under which a new content is written first. A daemon that is killed meanwhile leaves it, and the next one
    /// removes it.
    private var draft: String { path + ".new" }

    private struct Stored: Codable {
        var epoch: String
        var head: Int64
    }

    init(_ stateDirectory: String) {
        path = stateDirectory + "/ledger.json"
    }

    /// Returns the stored mark, or `nil` if the file is missing or cannot be read.
    func read() -> LedgerMark? {
        guard let bytes = FileManager.default.contents(atPath: path),
            let stored = try? JSONCoder.decode(Stored.self, from: bytes)
        else { return nil }
        return LedgerMark(epoch: stored.epoch, head: stored.head)
    }

    func write(_ mark: LedgerMark) throws {
        let bytes = try JSONCoder.encode(Stored(epoch: mark.epoch, head: mark.head))
        try Data(bytes).write(to: URL(filePath: draft))
        guard rename(draft, path) == 0 else {
            throw StorageError(.unavailable, "cannot replace \(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Removes what a daemon that was killed has left.
    func removeDraft() { unlink(draft) }
}

/// Checks every two seconds that the database is still the one that was opened, and stores the ledger's epoch and head.
struct LedgerWatch: Service {
    let store: any Ledger
    let file: MarkFile
    let time: any TimeSource
    let logger: Logger

    private static let interval = Duration.seconds(2)

    /// Throws only if the database was restored while this daemon ran; the daemon must then restart.
    func run() async throws {
        file.removeDraft()
        var remembered = file.read()
        var isAway = false
        var isForgetful = false
        await remember(&remembered, &isForgetful)
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            try? await cancelWhenGracefulShutdown { try await time.sleep(for: Self.interval) }
            do {
                try await store.checkIdentity()
                isAway = false
            } catch {
                if error.code == .replaced {
                    logger.critical("\(error)")
                    throw error
                }
                if !isAway { logger.error("\(error)") }
                isAway = true
            }
            if !isAway { await remember(&remembered, &isForgetful) }
        }
    }

    /// - Parameter isForgetful: true if the last write of the file failed; repeated failures are logged once.
    private func remember(_ remembered: inout LedgerMark?, _ isForgetful: inout Bool) async {
        guard let head = try? await store.head() else { return }
        let mark = LedgerMark(epoch: store.epoch, head: head)
        guard mark != remembered else { return }
        do {
            try file.write(mark)
            remembered = mark
            isForgetful = false
        } catch {
            if !isForgetful { logger.warning("cannot remember how far the ledger is: \(error)") }
            isForgetful = true
        }
    }
}
