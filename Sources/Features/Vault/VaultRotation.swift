public import AuraModel
public import Logging
public import ServiceLifecycle
import Storage

/// Wraps the data keys of all secrets under the first key of the key file, while the daemon serves.
///
/// A rotation needs no record of its own: each version has the name of its key, so it continues after a restart with the
/// versions that are left. Several daemons may rotate at the same time, because a version is replaced only if its
/// wrapped key is still the one that was read. A rotation runs at the start and then once an hour: two daemons with
/// different first keys then undo each other's work no more often than that.
public final class VaultRotation: Service {
    private let vault: Vault
    private let time: any TimeSource
    private let logger: Logger

    /// The pause after each page, in which other transactions run.
    static let pause = Duration.milliseconds(50)
    /// The time from the end of a rotation to the next one.
    static let interval = Duration.seconds(3600)
    /// The time after which a rotation continues if the database failed.
    static let retryInterval = Duration.seconds(30)
    /// The number of versions that are named in the log if they cannot be rewrapped.
    private static let namedFailures = 10

    /// Creates the service.
    public init(vault: Vault, time: any TimeSource, logger: Logger) {
        self.vault = vault
        self.time = time
        self.logger = logger
    }

    /// Rotates until the daemon shuts down.
    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled { try await self.time.sleep(for: await self.rotate()) }
        }
    }

    /// Rotates once. Returns the time until the next rotation.
    func rotate() async -> Duration {
        do {
            var left = try await vault.versionsUnderFormerKeys().values.reduce(0, +)
            guard left > 0 else { return Self.interval }
            logger.notice("wrapping secrets under the key \(vault.currentKey)", metadata: ["left": "\(left)"])
            var (cursor, failures): (SecretVersionReference?, [String]) = (nil, [])
            repeat {
                let page = try await vault.rewrap(after: cursor)
                left -= page.changed
                failures += page.failures.prefix(Self.namedFailures - failures.count)
                logger.info("wrapped secrets under the key \(vault.currentKey)", metadata: ["left": "\(max(0, left))"])
                cursor = page.last
                if cursor != nil { try await time.sleep(for: Self.pause) }
            } while cursor != nil
            report(try await vault.versionsUnderFormerKeys(), failures)
            return Self.interval
        } catch {
            if !error.isCancellation {
                logger.error("cannot wrap secrets under the key \(vault.currentKey), will try again: \(error)")
            }
            return Self.retryInterval
        }
    }

    private func report(_ left: [String: Int], _ failures: [String]) {
        for failure in failures { logger.error("cannot rewrap the version of a secret: \(failure)") }
        guard left.isEmpty else {
            let ids = left.keys.sorted().joined(separator: ", ")
            logger.warning(
                "secrets are still wrapped under other keys: keep the lines of these keys in the key file",
                metadata: ["keys": "\(ids)", "left": "\(left.values.reduce(0, +))"])
            return
        }
        logger.notice(
            "all secrets are wrapped under the key \(vault.currentKey): no secret needs the other lines of the key file",
            metadata: ["left": "0"])
    }
}
