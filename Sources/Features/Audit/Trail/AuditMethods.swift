import AuraAPI
import AuraModel
import Encoding
import EventStream
import JSON
import JSONRPC
import Storage

/// `audit.list`, `audit.verify`, `audit.export`, `audit.erase`, `audit.checkpoint`.
struct AuditMethods {
    let store: any AuditStore
    let reader: AuditReader
    /// Signs checkpoints; `nil` without a key file.
    let checkpoints: AuditCheckpoints?

    private static let usualPage = 100

    func register(in router: inout Router) {
        router.register(Methods.auditList, reads: true) { parameters, call in
            try await APIError.answering { try await list(parameters, in: call.tenantScope) }
        }
        router.register(Methods.auditVerify, reads: true) { parameters, call in
            try Self.checkSeesAll(call)
            return try await APIError.answering { try await verify(parameters) }
        }
        router.register(Methods.auditExport, reads: true) { parameters, call in
            try Self.checkSeesAll(call)
            return try await APIError.answering { try await export(parameters, in: call.tenantScope) }
        }
        router.register(Methods.auditErase) { parameters, call in
            try Self.checkSeesAll(call)
            return try await APIError.answering { try await erase(parameters, call) }
        }
        router.register(Methods.auditCheckpoint, reads: true) { _, call in
            try Self.checkSeesAll(call)
            return try await APIError.answering { try await checkpoint() }
        }
    }

    /// Throws `forbidden` for a caller of some tenants: the chain has the entries of all.
    private static func checkSeesAll(_ call: RPCContext) throws(RPCError) {
        guard call.tenantScope == .all else {
            throw RPCError(
                .forbidden,
                "cannot call \(call.method.name), the audit has entries of tenants that \(call.principal.id) does not "
                    + "have: use audit.list, or ask an auditor of all tenants")
        }
    }

    private func list(_ parameters: AuditListParameters, in scope: TenantScope) async throws -> AuditListResult {
        let page = try await store.audit(
            AuditQuery(
                scope: scope, principal: parameters.principal, method: parameters.method, from: parameters.from,
                before: parameters.before, after: parameters.after ?? 0, limit: parameters.limit ?? Self.usualPage))
        let unreadable = page.entries.unreadable.compactMap { Int64($0.id) }
        return AuditListResult(
            entries: page.entries.rows.map { AuditEntryView($0) }, next: page.hasMore ? page.examined : nil,
            unreadable: unreadable.isEmpty ? nil : unreadable)
    }

    private func verify(_ parameters: AuditVerifyParameters) async throws -> AuditVerifyResult {
        let verdict = try await reader.verify(outside: parameters.checkpoint)
        return AuditVerifyResult(
            consistent: verdict.fault == nil, proofs: verdict.proofs.map { Open(rawValue: $0.rawValue) },
            floor: verdict.bounds.floor.seq, head: verdict.bounds.head.seq,
            hash: Base64.encode(verdict.bounds.head.hash), erased: Int64(verdict.erased), events: verdict.events,
            eventsPruned: verdict.eventsPruned, fault: verdict.fault, remark: verdict.remark)
    }

    // MARK: Export

    private func export(
        _ parameters: AuditExportParameters, in scope: TenantScope
    ) async throws -> AuditExportResult {
        let after = parameters.after ?? 0
        let bounds = try await store.auditBounds()
        var lines = after == 0 ? [Self.firstLine(reader.installation, bounds.floor)] : []
        let page = try await store.audit(
            AuditQuery(scope: scope, after: max(after, bounds.floor.seq), limit: parameters.limit ?? Self.usualPage))
        lines += try page.entries.entries.map { Self.line(try $0.row()) }
        if !page.hasMore, let checkpoints {
            let checkpoint = try await present(checkpoints)
            lines.append(Self.text { $0.member("checkpoint", checkpoint.text) })
        }
        return AuditExportResult(lines: lines, next: page.hasMore ? page.examined : nil)
    }

    private static func firstLine(_ installation: String, _ floor: AuditHead) -> String {
        text { json in
            json.member("installation", installation)
            json.member("floor", floor.seq)
            json.member("hash", Base64.encode(floor.hash))
        }
    }

    private static func line(_ entry: AuditEntry) -> String {
        text { json in
            json.member("seq", entry.seq)
            json.member("salt", entry.content.map { Base64.encode($0.salt) })
            json.member("body", entry.content.map { String(decoding: $0.body, as: UTF8.self) })
            json.member("digest", Base64.encode(entry.digest))
            json.member("hash", Base64.encode(entry.hash))
        }
    }

    private static func text(_ members: (inout JSONText) -> Void) -> String {
        var json = JSONText(capacity: 512)
        json.object(members)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    // MARK: Erasure

    /// The actions and methods of entries about the audit itself, which cannot be erased.
    private static let keptMethods: Set<String> = [
        Methods.auditErase.name, AuditCheckpoints.pruneAction, EventCoverage.action,
    ]
    private static let erasurePage = 500
    /// The number of entries that one call examines. The next call continues after them.
    private static let examinedByErasure: Int64 = 100_000

    private func erase(_ parameters: AuditEraseParameters, _ call: RPCContext) async throws -> AuditEraseResult {
        switch (parameters.entries, parameters.tenant) {
        case (let entries?, nil):
            return AuditEraseResult(erased: Int64(try await erase(entries, call)))
        case (nil, let tenant?):
            return try await erase(tenant, after: parameters.after ?? 0, call)
        case (nil, nil), (_?, _?):
            throw RPCError(.invalidParams, "cannot erase entries: give either entries or tenant")
        }
    }

    /// Erases entries by their positions.
    private func erase(_ entries: [Int64], _ call: RPCContext) async throws -> Int {
        for seq in entries {
            let page = try await store.audit(AuditQuery(scope: call.tenantScope, after: seq - 1, limit: 1))
            guard let row = page.entries.entries.first, row.auditSeq == seq else {
                throw RPCError(.invalidParams, "cannot erase entry \(seq): there is no such entry")
            }
            if let method = try? row.get().method, Self.keptMethods.contains(method) {
                throw RPCError(.invalidParams, "cannot erase entry \(seq): it is about the audit itself")
            }
        }
        return try await write(entries, "audit \(entries.map(String.init).joined(separator: ","))", call)
    }

    /// Erases the entries of a tenant.
    private func erase(
        _ tenant: TenantID, after first: Int64, _ call: RPCContext
    ) async throws -> AuditEraseResult {
        let end = min(try await store.auditBounds().head.seq, first + Self.examinedByErasure)
        var (after, erased) = (first, 0)
        while after < end {
            let page = try await store.audit(AuditQuery(scope: .only([tenant]), after: after, limit: Self.erasurePage))
            let found = page.entries.rows.filter { !Self.keptMethods.contains($0.method ?? "") }.map(\.seq)
            if !found.isEmpty { erased += try await write(found, "audit of \(tenant)", call) }
            after = page.examined
            guard page.hasMore else { return AuditEraseResult(erased: Int64(erased)) }
        }
        let isLimited = end == first + Self.examinedByErasure
        return AuditEraseResult(erased: Int64(erased), next: isLimited ? after : nil)
    }

    /// Erases entries. The first transaction of a call writes the entry of the call.
    private func write(_ entries: [Int64], _ object: String, _ call: RPCContext) async throws -> Int {
        var draft = call.audit?.isWritten == false ? call.audit?.draft : nil
        draft?.object = object
        let count = try await store.eraseAudit(entries, audit: draft)
        call.audit?.noteWritten()
        return count
    }

    // MARK: Checkpoints

    private func checkpoint() async throws -> AuditCheckpointResult {
        guard let checkpoints else {
            throw RPCError(
                .noVaultKey,
                "cannot sign a checkpoint, the daemon has no key file: make one with `aura vault init`, name it in "
                    + "vault.keyFile, and start aurad again")
        }
        let checkpoint = try await present(checkpoints)
        return AuditCheckpointResult(seq: checkpoint.seq, checkpoint: checkpoint.text)
    }

    /// Returns a checkpoint of the newest entry. Throws `unreadable` if the audit was changed.
    private func present(_ checkpoints: AuditCheckpoints) async throws -> AuditCheckpoint {
        do {
            return try await checkpoints.present()
        } catch let fault as AuditVerification.Fault {
            throw Self.changed("\(fault)")
        } catch CheckpointError.unknownKey {
            throw RPCError(.unreadable, "cannot sign a checkpoint: \(CheckpointError.unknownKey)")
        } catch let error as CheckpointError {
            throw Self.changed("\(error)")
        }
    }

    private static func changed(_ fault: String) -> RPCError {
        RPCError(.unreadable, "cannot sign a checkpoint, the audit was changed: \(fault)")
    }
}

extension AuditEntryView {
    /// Creates the wire form of an entry. A body that is not the JSON of an entry has no members.
    init(_ entry: AuditEntry) {
        self.init(seq: entry.seq, hash: Base64.encode(entry.hash))
        guard let body = entry.content?.body, let members = try? JSONValue(parsing: body).objectValue else { return }
        func text(_ name: String) -> String? { members[name]?.stringValue }
        at = text("at").flatMap { Timestamp($0) }
        principal = text("principal").map { PrincipalID($0) }
        proof = text("proof").map { Open(rawValue: $0) }
        token = text("token")
        peer = text("peer")
        method = text("method")
        tenant = text("tenant").map { TenantID($0) }
        object = text("object")
        change = text("change").map { ChangeID($0) }
        outcome = text("outcome")
        parameters = members["parameters"]
    }
}

extension AuditEntry {
    /// The method or action of the entry; `nil` without a readable content.
    fileprivate var method: String? {
        guard let body = content?.body else { return nil }
        return (try? JSONValue(parsing: body))?["method"]?.stringValue
    }
}
