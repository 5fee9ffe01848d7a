import AuraAPI
import AuraModel
import EventStream
import JSON
import JSONRPC
import Reconciliation

/// `reconcile.run`.
extension RPCService {
    func registerReconciliation(in router: inout Router) {
        router.register(Methods.reconcileRun) { parameters, call in
            // A sweep works on the resources of all tenants, and its report names them.
            guard call.tenantScope == .all else {
                throw RPCError(
                    .forbidden, "cannot sweep, \(call.principal) does not have all tenants: ask an administrator")
            }
            return try await self.answering {
                do {
                    return ReconcileReport(
                        try await self.reconciler.sweep(
                            isDryRun: parameters.dryRun ?? false, isForced: parameters.force ?? false))
                } catch is SweepRunning {
                    throw RPCError(
                        .sweepRunning, "cannot sweep now, another sweep is at work: try again in a moment",
                        data: ["retryAfterMs": 1000])
                }
            }
        }
    }
}

extension ReconcileReport {
    fileprivate init(_ report: SweepReport) {
        self.init(
            startedAt: report.startedAt, tookMs: report.took.wholeMilliseconds, dryRun: report.isDryRun,
            listings: report.listings.map {
                ReconcileListing(kind: Open($0.kind), count: $0.count, believed: $0.isBelieved, failure: $0.failure)
            },
            owned: report.owned, busy: report.busy, findings: report.findings.map { ReconcileFinding($0) })
    }
}

extension ReconcileFinding {
    fileprivate init(_ finding: Finding) {
        self.init(
            verdict: Open(rawValue: finding.verdict.rawValue), kind: Open(finding.kind), id: finding.id,
            name: finding.name, instance: finding.instance, action: Open(rawValue: finding.action.rawValue),
            reason: finding.reason, since: finding.since)
    }
}
