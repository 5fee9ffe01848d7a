import FoundationEssentials
import Locking
import Logging
import ServiceLifecycle

/// Runs the cloud's servers as real machines: passes the cloud's commands to the machines, and reports to the cloud
/// when a command is done or a machine has ended by itself.
struct Hosts: Service {
    let cloud: Locked<Cloud>
    /// Returns the current time.
    let now: @Sendable () -> Date
    let machines: Machines
    let signal: WakeSignal
    let logger: Logger

    private static let machinesAtOnce = 2
    private static let tickMilliseconds = 50

    func run() async throws {
        let queue = Locked(CommandQueue(limit: Self.machinesAtOnce))
        await withDiscardingTaskGroup { group in
            group.addTask {
                // Events become due even if no call arrives.
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(Self.tickMilliseconds))
                    signal.wake()
                }
            }
            for await _ in signal.stream.cancelOnGracefulShutdown() {
                for command in begin(queue) {
                    group.addTask {
                        await execute(command)
                        queue.withLock { $0.finish(command.server) }
                        signal.wake()
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// Advances the cloud to the current time, reports machines that have ended, and returns the commands that may
    /// start.
    private func begin(_ queue: Locked<CommandQueue>) -> [HostCommand] {
        let now = now()
        let ended = machines.ended()
        let (commands, noted) = cloud.withLock { cloud in
            cloud.advance(to: now)
            let noted = ended.filter { cloud.noteHostWentDown($0) }
            return (cloud.takeCommands(), noted)
        }
        for server in noted { machines.forget(server) }
        return queue.withLock { queue in
            queue.add(commands)
            return queue.next()
        }
    }

    private func execute(_ command: HostCommand) async {
        do {
            try await machines.execute(command)
            note(command)
            report(command.action, failure: nil)
        } catch {
            guard !Task.isCancelled else { return }
            logger.error("a machine's command failed", metadata: ["server": "\(command.server)", "error": "\(error)"])
            report(command.action, failure: "\(error)")
        }
    }

    private func report(_ action: Int64?, failure: String?) {
        guard let action else { return }
        let now = now()
        cloud.withLock { cloud in
            cloud.advance(to: now)
            cloud.hostReported(action, failure: failure)
        }
    }

    /// Updates the list of containers in the state report.
    private func note(_ command: HostCommand) {
        let name = machines.run.container(command.server)
        switch command {
        case .create: cloud.withLock { _ = $0.containers.insert(name) }
        case .remove: cloud.withLock { _ = $0.containers.remove(name) }
        case .start, .stop, .signalShutdown, .restart, .crash: break
        }
    }
}
