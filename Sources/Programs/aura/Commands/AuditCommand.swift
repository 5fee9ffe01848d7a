import ArgumentParser
import AuraAPI
import AuraClient
import AuraModel
import JSONRPC

/// `aura audit`
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "List, verify, export and erase entries of the audit.",
        discussion: """
            The audit has an entry for each call that changed something or was refused. Keep checkpoints of it outside \
            of the installation: each proves later that no entry up to it was changed.
            """,
        subcommands: [
            AuditListCommand.self, AuditVerifyCommand.self, AuditCheckpointCommand.self, AuditExportCommand.self,
            AuditEraseCommand.self,
        ])
}

/// `aura audit list`
struct AuditListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List entries, oldest first.",
        discussion: "With --json it prints one document for each page of 500.")

    private static let page = 500

    @Option(help: ArgumentHelp("Only calls of this caller, by id.", valueName: "principal"))
    var principal: PrincipalID?

    @Option(help: ArgumentHelp("Only calls of this method.", valueName: "method"))
    var method: String?

    @Option(
        help: ArgumentHelp("Only entries from this time or date on.", valueName: "time"),
        transform: TimeArgument.moment)
    var from: Timestamp?

    @Option(
        help: ArgumentHelp("Only entries before this time or date.", valueName: "time"),
        transform: TimeArgument.moment)
    var before: Timestamp?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let output = invocation.output
            let daemon = try await invocation.connect()
            var (count, after): (Int, Int64?) = (0, nil)
            repeat {
                let parameters = AuditListParameters(
                    principal: principal, method: method, from: from, before: before, after: after, limit: Self.page)
                let reply = try await daemon.call(Methods.auditList, parameters, purpose: "list the audit")
                let page = try reply.value()
                if output.json { output.document(reply.json) }
                for entry in page.unreadable ?? [] { output.note("entry \(entry) is damaged: run aura audit verify") }
                if !output.json, !page.entries.isEmpty {
                    let lines = AuditEntryView.table(page.entries).lines
                    output.lines(Array(count == 0 ? lines[...] : lines.dropFirst()))
                }
                count += page.entries.count
                after = page.next
            } while after != nil
            if count == 0 { output.note("there are no such entries") }
        }
    }
}

/// `aura audit verify`
struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify the whole audit; exit code 2 if it was changed.",
        discussion: """
            Without a checkpoint that was kept elsewhere, it cannot find changes by somebody who has the key of the \
            vault, nor that the whole database was exchanged.
            """)

    @Option(
        help: ArgumentHelp("A file with a checkpoint that was kept elsewhere.", valueName: "file"),
        completion: .file())
    var checkpoint: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let output = invocation.output
            let parameters = AuditVerifyParameters(checkpoint: try checkpoint.map { try PKIFile.read($0) })
            let reply = try await invocation.connect().call(
                Methods.auditVerify, parameters, purpose: "verify the audit")
            let result = try reply.value()
            if output.json { output.document(reply.json) } else { output.lines(result.lines) }
            if !result.consistent {
                throw Complaint(.refused, "cannot confirm the audit: \(result.fault ?? "it was changed")")
            }
        }
    }
}

/// `aura audit checkpoint`
struct AuditCheckpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint", abstract: "Print a signed checkpoint of the newest entry.",
        discussion: "Keep the text with its line ends, and give it to aura audit verify --checkpoint later.")

    @Option(
        help: ArgumentHelp("A new file for it, instead of standard output.", valueName: "file"), completion: .file())
    var out: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let output = invocation.output
            let reply = try await invocation.connect().call(
                Methods.auditCheckpoint, NoParams(), purpose: "make a checkpoint")
            let result = try reply.value()
            if let out {
                let file = try NewFile(out)
                try file.finish(result.checkpoint)
                if !output.json { return output.line(Line("a checkpoint of entry \(result.seq) is in \(out)")) }
            }
            if output.json { return output.document(reply.json) }
            output.lines(
                result.checkpoint.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
                    Line(String($0))
                })
        }
    }
}

/// `aura audit export`
struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the whole audit as lines of JSON; the last line is a checkpoint.",
        discussion: "The lines have what is needed to verify the entries without the daemon.")

    private static let page = 1000

    @Option(
        help: ArgumentHelp("A new file for them, instead of standard output.", valueName: "file"), completion: .file())
    var out: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let daemon = try await invocation.connect()
            let file = try out.map { try NewFile($0) }
            do {
                var (count, after): (Int, Int64?) = (0, nil)
                repeat {
                    let page = try await daemon.call(
                        Methods.auditExport, AuditExportParameters(after: after, limit: Self.page),
                        purpose: "export the audit"
                    ).value()
                    let text = page.lines.map { $0 + "\n" }.joined()
                    if let file { try file.finish(text) } else { invocation.output.write(text) }
                    count += page.lines.count
                    after = page.next
                } while after != nil
                if let out { invocation.output.note("\(count) lines are in \(out)") }
            } catch {
                file?.discard()
                throw error
            }
        }
    }
}

/// `aura audit erase`
struct AuditEraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Erase the contents of entries. The audit can still be verified.",
        discussion: """
            What is erased cannot be restored. The erasure has an entry of its own, which cannot be erased. Backups and \
            exports keep the contents.
            """)

    @Argument(help: ArgumentHelp("The numbers of the entries, at most 100.", valueName: "entry"))
    var entries: [Int64] = []

    @Option(help: ArgumentHelp("All entries of this tenant.", valueName: "tenant"))
    var tenant: TenantID?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard entries.isEmpty != (tenant == nil) else {
            throw ValidationError("cannot erase entries: give either their numbers or --tenant")
        }
    }

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let daemon = try await invocation.connect()
            var (erased, after): (Int64, Int64?) = (0, nil)
            repeat {
                let parameters = AuditEraseParameters(
                    entries: entries.isEmpty ? nil : entries, tenant: tenant, after: after)
                let reply = try await daemon.call(Methods.auditErase, parameters, purpose: "erase entries")
                let result = try reply.value()
                if invocation.output.json { invocation.output.document(reply.json) }
                erased += result.erased
                after = result.next
            } while after != nil
            if !invocation.output.json { invocation.output.line(Line("erased the contents of \(erased) entries")) }
        }
    }
}

extension AuditEntryView {
    /// Returns the table of `aura audit list`.
    fileprivate static func table(_ entries: [AuditEntryView]) -> Table {
        var table = Table(["ENTRY", "TIME", "CALLER", "METHOD", "TENANT", "OBJECT", "OUTCOME"])
        table.rows = entries.map { entry in
            [
                "\(entry.seq)", entry.at.map(\.description) ?? "", entry.principal?.text ?? "",
                entry.method ?? "(erased)", entry.tenant?.text ?? "", entry.object ?? "", entry.outcome ?? "",
            ]
        }
        return table
    }
}

extension AuditVerifyResult {
    /// The lines of `aura audit verify`.
    fileprivate var lines: [Line] {
        guard consistent else { return [] }
        var texts = ["the entries \(floor + 1) to \(head) are consistent"]
        for proof in proofs {
            switch proof.known {
            case .chain: texts.append("proved: each hash follows from the one before")
            case .checkpoints: texts.append("proved: they agree with the signed checkpoints of the database")
            case .outside: texts.append("proved: they agree with the checkpoint that was kept elsewhere")
            case .events: texts.append("proved: \(events) events of the ledger agree with their hashes")
            case nil: texts.append("proved: \(proof.rawValue)")
            }
        }
        if eventsPruned > 0 { texts.append("not compared: \(eventsPruned) events, of which some were pruned") }
        if erased > 0 { texts.append("the contents of \(erased) entries were erased") }
        if let remark { texts.append(remark) }
        return texts.map { Line($0) }
    }
}
