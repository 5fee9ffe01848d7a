import Locking
import Logging
import ServiceLifecycle

/// Makes the cloud's servers real: hands its orders to the machines, tells it when they are done and when a machine
/// has ended by itself.
struct Hosts: Service {
    let cloud: Locked<Cloud>
    let clock: Clock
    let machines: Machines
    let nudges: Nudges
    let logger: Logger

    private static let machinesAtOnce = 2
    private static let tickMilliseconds = 50

    /// Wakes the service; one nudge is as good as many.
    struct Nudges: Sendable {
        let stream: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

        /// Something may have to be done.
        func wake() { continuation.yield() }
    }

    func run() async throws {
        let desk = Locked(HostDesk(limit: Self.machinesAtOnce))
        await withDiscardingTaskGroup { group in
            group.addTask {
                // What is due falls due without a call, too.
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

    /// Brings the cloud up to now, tells it of machines that ended, and takes the orders that may begin.
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

    /// Keeps the list of containers that the state report shows.
    private func note(_ order: HostOrder) {
        let name = machines.run.container(order.server)
        switch order {
        case .create: cloud.withLock { _ = $0.containers.insert(name) }
        case .remove: cloud.withLock { _ = $0.containers.remove(name) }
        case .start, .stop, .signalShutdown, .restart, .crash: break
        }
    }
}
