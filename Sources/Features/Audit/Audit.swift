public import AuraModel
public import FeatureKit
import JSONRPC
public import Logging
public import Storage

/// The feature of the audit: who writes it, its checkpoints and its methods.
public enum Audit {
    /// Returns the parts of the feature and the trail, for other features that write entries.
    ///
    /// - Parameters:
    ///   - seeds: the seeds of the keys that sign checkpoints, the current one first, 32 bytes each. Without one there
    ///     are no checkpoints.
    ///   - keepDays: the number of days for which entries are kept at least. Without a seed nothing is pruned.
    ///   - owner: the id of this run of the daemon.
    public static func parts(
        store: any AuditStore & Ledger & Coordination, seeds: [[UInt8]], keepDays: Int, owner: String,
        time: any TimeSource, random: any RandomSource, logger: Logger
    ) -> (parts: FeatureParts, trail: AuditTrail) {
        let trail = AuditTrail(store: store, time: time, random: random, logger: logger)
        let keys = seeds.map { AuditSigningKey(seed: $0) }
        let reader = AuditReader(
            store: store, installation: store.installation, keys: keys.map(\.verificationKey))
        let checkpoints = keys.first.map {
            AuditCheckpoints(
                store: store, trail: trail, reader: reader, key: $0, retention: .seconds(keepDays * 86_400),
                owner: owner, time: time, logger: logger)
        }
        let methods = AuditMethods(store: store, reader: reader, checkpoints: checkpoints)
        let parts = FeatureParts(
            register: { router, _ in methods.register(in: &router) }, recorder: trail,
            services: [trail] + (checkpoints.map { [$0] } ?? []))
        return (parts, trail)
    }
}
