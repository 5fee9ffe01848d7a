public import Logging
public import ServiceLifecycle

/// Runs a service while `body` runs, then shuts it down gracefully. Returns when the service has ended.
///
/// `make` creates the service, which calls `onReady` once. `body` starts then. It gets the service, the value from
/// `onReady`, and the group that runs the service. A test may shut down the group itself.
public func withService<Running: Service, Ready: Sendable>(
    logger: Logger, make: (_ onReady: @escaping @Sendable (Ready) -> Void) throws -> Running,
    body: (Running, Ready, ServiceGroup) async throws -> Void
) async throws {
    let (ready, readiness) = AsyncStream<Ready>.makeStream()
    let service = try make { readiness.yield($0) }
    let group = ServiceGroup(services: [service], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { readiness.finish() }
            try await group.run()
        }
        for await value in ready {
            do {
                try await body(service, value, group)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            break
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}
