import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Jobs
import Storage

/// `system.ping`, `system.info`, `system.limits`, `system.health`.
extension RPCService {
    func registerSystem(in router: inout Router) throws {
        try router.registerConstant(Methods.systemPing, PingResult())
        router.registerImmediate(Methods.systemInfo) { _, _ in
            InfoResult(
                name: "aurad", version: self.facts.version, installation: self.store.installation,
                startedAt: self.facts.startedAt,
                database: self.facts.database, regions: self.facts.regions,
                sizes: self.facts.sizes)
        }
        try router.registerConstant(Methods.systemLimits, LimitsResult(limits: Limits(facts.limits)))
        router.register(Methods.systemHealth, reads: true, onLoop: true) { _, _ in
            try await self.answering {
                let bounds = try await self.store.bounds()
                let reason = await self.faultOfWrites()
                return HealthResult(
                    ok: reason == nil, oldest: bounds.oldest, head: bounds.head, jobsRunning: self.engine.jobsRunning,
                    reason: reason)
            }
        }
    }

    /// Returns why the database cannot be written, or `nil` if a write succeeds.
    private func faultOfWrites() async -> String? {
        do {
            try await store.proveWritable()
            return nil
        } catch {
            return error.message
        }
    }
}
