import ArgumentParser
import AuraModel
import Glibc
import Locking
import Logging
import ServiceLifecycle

/// Ends the process if the shutdown of its services takes too long.
///
/// Each service ends by itself within seconds, unless it waits for a call that nothing can cancel, such as a call to a
/// database server that no longer replies. Jobs of a process that was ended stay leased, as after a crash.
///
/// This service is the last of its group. A group shuts down its services in reverse order, so this service learns
/// first that the shutdown began.
struct EndLimit: Service {
    let time: any TimeSource
    let logger: Logger
    /// Set when the shutdown begins, to the exit code of a forced end.
    private let began = OneShot<CInt>()

    /// The longest shutdown. A call that changes something at a provider is completed, which may take 30 seconds.
    private static let limit = Duration.seconds(45)

    init(time: any TimeSource, logger: Logger) {
        self.time = time
        self.logger = logger
    }

    /// Notes that the shutdown has begun: gracefully, or because another service failed.
    func run() async throws {
        do {
            try await gracefulShutdown()
            began.set(0)
        } catch {
            began.set(Failing.unavailable.rawValue)
        }
    }

    /// Runs the group, and then `release`. Ends the process if both have not ended in time after the shutdown began.
    func limit(_ group: ServiceGroup, _ release: @escaping @Sendable () async -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await group.run()
                await release()
            }
            tasks.addTask {
                guard let code = await began.valueUnlessCancelled() else { return }
                try await time.sleep(for: Self.limit)
                logger.critical("cannot shut down within \(Self.limit): ending the process, its jobs stay leased")
                LineWriter.standardError.flush()
                _exit(code)
            }
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }
}
