import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Jobs
import Storage

/// `system.ping`, `system.info`, `system.limits`, `system.health`.
extension ControlPlane {
    func registerSystem(in router: inout Router) {
        router.registerImmediate("system.ping", params: NoParams.self, result: PingResult.self) { _, _ in PingResult() }
        router.registerImmediate("system.info", params: NoParams.self, result: InfoResult.self) { _, _ in
            InfoResult(
                version: self.facts.version, installation: self.services.installation, startedAt: self.facts.startedAt,
                database: self.facts.database, regions: self.services.settings.regions,
                sizes: self.services.settings.sizes)
        }
        let limits = JSONValue.object(["limits": .object(facts.limits.named)])
        router.registerImmediate("system.limits", params: NoParams.self, result: JSONValue.self) { _, _ in limits }
        router.register("system.health", params: NoParams.self, result: HealthResult.self) { _, _ in
            try await self.answering {
                let bounds = try await self.store.bounds()
                return HealthResult(
                    ok: true, oldest: bounds.oldest, head: bounds.head, jobsRunning: self.engine.jobsRunning)
            }
        }
    }
}
