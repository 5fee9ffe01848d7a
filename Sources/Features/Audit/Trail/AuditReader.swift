import AuraModel
import JSONRPC
import Storage

/// Reads the audit, and verifies it against the chain and the checkpoints.
struct AuditReader: Sendable {
    let store: any AuditStore
    let installation: String
    /// The keys that check checkpoints, the current one first; none without a key file.
    let keys: [AuditVerificationKey]

    /// The number of entries in one read.
    private static let pageLimit = 1000

    /// What a verification compared the entries with.
    enum Proof: String, Sendable {
        /// The entries are consistent in themselves: each hash follows from the one before.
        case chain
        /// The entries agree with the signed checkpoints that this database keeps.
        case checkpoints
        /// The entries agree with a checkpoint that was kept elsewhere.
        case outside
    }

    /// The result of a verification.
    struct Verdict: Sendable {
        var bounds: AuditBounds
        var erased = 0
        /// What was compared, if there is no fault.
        var proofs: [Proof] = []
        /// The first mismatch.
        var fault: String?
        /// A reason why a proof is missing.
        var remark: String?
    }

    /// Verifies all entries. `outside` is a checkpoint that was kept elsewhere.
    func verify(outside: String?) async throws -> Verdict {
        let bounds = try await store.auditBounds()
        var verdict = Verdict(bounds: bounds)
        var proofs: [Proof] = [.chain]
        var heads: [AuditHead] = []
        if keys.isEmpty {
            verdict.remark = "there is no key file, so there are no signed checkpoints"
        } else {
            let stored = try await store.auditCheckpoints()
            do {
                heads += try self.heads(of: stored, from: bounds.floor)
            } catch {
                verdict.fault = "\(error)"
                return verdict
            }
            if heads.isEmpty { verdict.remark = "there is no checkpoint yet" } else { proofs.append(.checkpoints) }
        }
        if let outside {
            heads.append(try head(ofOutside: outside, from: bounds.floor))
            proofs.append(.outside)
        }
        do {
            var verification = try AuditVerification(after: bounds.floor, checkpoints: heads)
            try await check(&verification, through: bounds.head)
            try verification.finish()
            verdict.erased = verification.erased
            verdict.proofs = proofs
        } catch let fault as AuditVerification.Fault {
            verdict.fault = "\(fault)"
        }
        return verdict
    }

    /// Checks the entries after those of `verification`, up to `head`, and that the last one has the hash of `head`.
    func check(_ verification: inout AuditVerification, through head: AuditHead) async throws {
        while verification.head.seq < head.seq {
            let limit = min(Int64(Self.pageLimit), head.seq - verification.head.seq)
            let page = try await store.audit(
                AuditQuery(scope: .all, after: verification.head.seq, limit: Int(limit)))
            if page.entries.isEmpty {
                throw AuditVerification.Fault.missing(after: verification.head.seq, checkpoint: head.seq)
            }
            for entry in page.entries.entries {
                switch entry {
                case .success(let entry): try verification.check(entry)
                case .failure(let row): throw AuditVerification.Fault.content(Int64(row.id) ?? 0)
                }
            }
        }
        guard verification.head == head else { throw AuditVerification.Fault.hash(head.seq) }
    }

    /// Returns the heads of stored checkpoints that are not older than the floor. Throws if one cannot be read, or is not
    /// signed by a key of this installation.
    private func heads(of stored: Page<AuditCheckpoint>, from floor: AuditHead) throws -> [AuditHead] {
        try stored.entries.map { try $0.row() }.filter { $0.seq >= floor.seq }.map { try head(of: $0) }
    }

    /// Returns the head of a checkpoint that was kept elsewhere. Throws `invalidParams` if it cannot be compared.
    private func head(ofOutside text: String, from floor: AuditHead) throws(RPCError) -> AuditHead {
        let head: AuditHead
        do {
            head = try self.head(of: text)
        } catch {
            throw RPCError(.invalidParams, "cannot use the checkpoint: \(error)")
        }
        guard head.seq >= floor.seq else {
            throw RPCError(
                .invalidParams, "\(AuditVerification.Fault.pruned(before: floor.seq + 1, checkpoint: head.seq))")
        }
        return head
    }

    /// Returns the head of a stored checkpoint. Throws ``CheckpointError``.
    func head(of checkpoint: AuditCheckpoint) throws(CheckpointError) -> AuditHead {
        let head = try head(of: checkpoint.text)
        guard head.seq == checkpoint.seq else { throw .form }
        return head
    }

    /// Returns the head of a signed checkpoint. Throws ``CheckpointError``.
    func head(of text: String) throws(CheckpointError) -> AuditHead {
        var failure = CheckpointError.signature
        for key in keys {
            do throws(CheckpointError) {
                let checkpoint = try SignedCheckpoint(text, key: key)
                guard checkpoint.installation == installation else { throw CheckpointError.signature }
                return checkpoint.head
            } catch {
                failure = error
            }
        }
        throw failure
    }
}
