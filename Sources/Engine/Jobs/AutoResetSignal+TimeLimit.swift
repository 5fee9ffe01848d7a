import AuraModel
import Locking

extension AutoResetSignal {
    /// Returns at a signal, after `limit`, or when the task is cancelled.
    func wait(atMost limit: Duration, time: any TimeSource) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { try? await time.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
