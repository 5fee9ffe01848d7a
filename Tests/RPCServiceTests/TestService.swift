import AuraModel
import EventStream
import JSONRPC
import Jobs
import Logging
import RPCService
import Reconciliation
import Storage
import TestKit

extension RPCService {
    /// Returns a service over `store`, for tests. Its clock stands still, and its engine does not run.
    ///
    /// - Parameter catalogue: the definitions that the engine has; by default those of the operations.
    static func forTests(
        _ store: any Store, operations: [Operation] = [], catalogue: JobCatalogue? = nil,
        sources: [any ResourceSource] = []
    ) -> RPCService {
        let time = ManualTime()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let catalogue = catalogue ?? JobCatalogue(operations)
        let faults = RowFaults(logger: logger)
        return RPCService(
            store: store,
            engine: JobEngine(
                store: store, catalogue: catalogue, settings: EngineSettings(owner: "here"), time: time,
                random: FixedRandom(0), logger: logger),
            operations: operations, catalogue: catalogue, sources: sources,
            subscriptions: Subscriptions(feed: EventFeed(head: 0), store: store, time: time, logger: logger),
            reconciler: Reconciler(
                store: store, sources: sources, settings: ReconcilerSettings(), owner: "here", faults: faults,
                time: time, logger: logger),
            quota: InstanceQuota(), faults: faults, identifiers: IdentifierSource(time: time, random: SystemRandom()),
            time: time,
            facts: DaemonFacts(version: "0", database: "model", startedAt: time.now(), limits: RPCLimits()))
    }
}
