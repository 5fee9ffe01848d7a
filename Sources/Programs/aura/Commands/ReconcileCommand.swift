import ArgumentParser
import AuraAPI

/// `aura reconcile`
struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compare the providers' resources with the database and repair differences.",
        discussion: """
            The daemon does the same every minute by default. A machine without an owner is switched off once two \
            listings agree, and deleted after a grace period. A resource without Aura's label is never touched.
            """)

    @Flag(help: "Report the actions without taking them.")
    var dryRun = false

    @Flag(help: "Act even if most machines have no owner, as after the restore of an old backup.")
    var force = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let parameters = ReconcileParameters(dryRun: dryRun ? true : nil, force: force ? true : nil)
            try await invocation.show(Methods.reconcileRun, parameters, purpose: "reconcile") { $0.lines }
        }
    }
}

extension ReconcileReport {
    /// The lines of `aura reconcile`.
    var lines: [Line] {
        var lines = listings.map { listing in
            let trouble =
                listing.failure.map { ": not listed, \($0)" } ?? (listing.believed ? "" : ": suspect, not believed")
            return Line("\(listing.count) \(listing.kind)\(listing.count == 1 ? "" : "s")\(trouble)")
        }
        lines.append(Line("\(owned) owned, \(busy) at work on, \(findings.count) to look at"))
        guard !findings.isEmpty else { return lines }
        var table = Table(["KIND", "NAME", "ID", "FOUND", dryRun ? "WOULD BE" : "DONE", "WHY"])
        table.rows = findings.map {
            [$0.kind.rawValue, $0.name, $0.id, $0.verdict.rawValue, $0.action.rawValue, $0.reason]
        }
        return lines + [Line()] + table.lines
    }
}
