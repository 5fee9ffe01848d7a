import Locking
import Logging
import ServiceLifecycle

/// Runs the cloud's servers as real machines: passes the cloud's orders to the machines, and reports to the cloud when
/// an order is done or a machine has ended by itself.
struct Hosts: Service {
    let cloud: Locked<Cloud>
    let clock: Clock
    let machines: Machines
    let nudges: Nudges
    let logger: Logger

    private static let machinesAtOnce = 2
    private static let tickMilliseconds = 50

    /// Wakes the service. Signals that arrive while it works are merged into one.
    struct Nudges: Sendable {
        let stream: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

        /// Wakes the service to look for work.
        func wake() { continuation.yield() }
    }

    func run() async throws {
        let desk = Locked(HostDesk(limit: Self.machinesAtOnce))
        await withDiscardingTaskGroup { group in
            group.addTask {
                // Events become due even if no call arrives.
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(Self.tickMilliseconds))
                    nudges.wake()
                }
            }
            for await _ in nudges.stream.cancelOnGracefulShutdown() {
                for order in begin(desk) {
                    group.addTask {
                        await carryOut(order)
                        desk.withLock { $0.finish(order.server) }
                        nudges.wake()
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// Advances the cloud to the current time, reports machines that have ended, and returns the orders that may start.
    private func begin(_ desk: Locked<HostDesk>) -> [HostOrder] {
        let now = clock.now()
        let ended = machines.ended()
        let (orders, noted) = cloud.withLock { cloud in
            cloud.advance(to: now)
            let noted = ended.filter { cloud.noteHostWentDown($0) }
            return (cloud.takeOrders(), noted)
        }
        for server in noted { machines.forget(server) }
        return desk.withLock { desk in
            desk.add(orders)
            return desk.next()
        }
    }

    private func carryOut(_ order: HostOrder) async {
        do {
            try await machines.carryOut(order)
            note(order)
            report(order.action, failure: nil)
        } catch {
            guard !Task.isCancelled else { return }
            logger.error("a machine's order failed", metadata: ["server": "\(order.server)", "error": "\(error)"])
            report(order.action, failure: "\(error)")
        }
    }

    private func report(_ action: Int64?, failure: String?) {
        guard let action else { return }
        let now = clock.now()
        cloud.withLock { cloud in
            cloud.advance(to: now)
            cloud.hostReported(action, failure: failure)
        }
    }

    /// Updates the list of containers in the state report.
    private func note(_ order: HostOrder) {
        let name = machines.run.container(order.server)
        switch order {
        case .create: cloud.withLock { _ = $0.containers.insert(name) }
        case .remove: cloud.withLock { _ = $0.containers.remove(name) }
        case .start, .stop, .signalShutdown, .restart, .crash: break
        }
    }
}
