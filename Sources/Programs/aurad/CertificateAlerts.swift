import AuraModel
import JSON
import JSONRPC
import Locking
import Logging
import ServiceLifecycle
import Storage
import TLS

/// Raises alerts about the daemon's certificate, and writes its changes to the audit.
///
/// The codes of the alerts are `certificateExpiring`, 21, 7 and 1 days before the end and at the end, and
/// `certificateUnusable`, when the files have changed and cannot be used. Each daemon has files of its own and raises its
/// own alerts.
///
/// An alert that cannot be stored, such as one while the database is away, is tried again until it is stored or the daemon
/// shuts down. Of those with the same code and file, only the newest is kept.
struct CertificateAlerts: Service {
    /// The action of an entry of the audit about a change of the files.
    private static let reload = "certificate.reload"
    private static let noticeLimit = 100
    /// The interval between two tries to store alerts.
    static let retryInterval = Duration.seconds(10)

    /// The alerts of which the newest is kept.
    private struct Subject: Hashable {
        var code: String
        var file: String
    }

    private let store: any InstanceStore
    private let recorder: (any CallRecorder)?
    private let time: any TimeSource
    private let logger: Logger
    private let notices: AsyncStream<CertificateNotice>
    private let continuation: AsyncStream<CertificateNotice>.Continuation
    /// The alerts that are not stored yet.
    private let pending = Locked<[Subject: EventDraft]>([:])

    init(store: any InstanceStore, recorder: (any CallRecorder)?, time: any TimeSource, logger: Logger) {
        self.store = store
        self.recorder = recorder
        self.time = time
        self.logger = logger
        (notices, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.noticeLimit))
    }

    /// Notes a change of the certificate.
    func note(_ notice: CertificateNotice) { continuation.yield(notice) }

    func run() async throws {
        async let retries: Void = retry()
        for await notice in notices.cancelOnGracefulShutdown() { await handle(notice) }
        await retries
    }

    private func retry() async {
        try? await cancelWhenGracefulShutdown { [self] in
            while true {
                try await time.sleep(for: Self.retryInterval)
                await raise()
            }
        }
    }

    private func handle(_ notice: CertificateNotice) async {
        let file = JSONValue.string(notice.file)
        switch notice.kind {
        case .replaced:
            recorder?.note(
                Self.reload, outcome: AuditDraft.Outcome.accepted,
                parameters: ["file": file, "notAfter": notice.notAfter.map { .string($0) } ?? .null])
        case .unusable(let reason):
            let code = "certificateUnusable"
            recorder?.note(Self.reload, outcome: code, parameters: ["file": file, "reason": .string(reason)])
            await alert(notice, code, ["severity": "error", "file": file, "reason": .string(reason)])
        case .expiring(let days):
            var data: JSONObject = [
                "severity": days == 0 ? "error" : "warning", "file": file, "days": .integer(Int64(days)),
            ]
            if let end = notice.notAfter { data["notAfter"] = .string(end) }
            await alert(notice, "certificateExpiring", data)
        }
    }

    private func alert(_ notice: CertificateNotice, _ code: String, _ data: JSONObject) async {
        var draft = EventDraft(
            at: time.now(), type: .alertRaised, tenant: Tenant.default, message: "\(notice.file): \(notice.message)")
        var members: JSONObject = ["code": .string(code)]
        for (name, value) in data { members[name] = value }
        draft.data = .object(members)
        pending.withLock { $0[Subject(code: code, file: notice.file)] = draft }
        await raise()
    }

    /// Stores the pending alerts. Those that cannot be stored stay, unless there are newer ones meanwhile.
    private func raise() async {
        let drafts = pending.withLock { pending in
            defer { pending = [:] }
            return pending
        }
        for (subject, draft) in drafts {
            do {
                _ = try await store.recordSweep(SweepRecord(events: [draft]))
            } catch {
                logger.error("cannot raise an alert about the certificate", metadata: ["error": "\(error)"])
                pending.withLock { pending in pending[subject] = pending[subject] ?? draft }
            }
        }
    }
}
