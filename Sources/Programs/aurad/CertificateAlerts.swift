import AuraModel
import JSON
import JSONRPC
import Logging
import ServiceLifecycle
import Storage
import TLS

/// Raises alerts about the daemon's certificate, and writes its changes to the audit.
///
/// The codes of the alerts are `certificateExpiring`, 21, 7 and 1 days before the end and at the end, and
/// `certificateUnusable`, when the files have changed and cannot be used. Each daemon has files of its own and raises its
/// own alerts.
struct CertificateAlerts: Service {
    /// The action of an entry of the audit about a change of the files.
    private static let reload = "certificate.reload"
    private static let noticeLimit = 100

    private let store: any InstanceStore
    private let recorder: (any CallRecorder)?
    private let time: any TimeSource
    private let logger: Logger
    private let notices: AsyncStream<CertificateNotice>
    private let continuation: AsyncStream<CertificateNotice>.Continuation

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
        for await notice in notices.cancelOnGracefulShutdown() { await handle(notice) }
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
            await alert(notice, ["code": .string(code), "severity": "error", "file": file, "reason": .string(reason)])
        case .expiring(let days):
            var data: JSONObject = [
                "code": "certificateExpiring", "severity": days == 0 ? "error" : "warning", "file": file,
                "days": .integer(Int64(days)),
            ]
            if let end = notice.notAfter { data["notAfter"] = .string(end) }
            await alert(notice, data)
        }
    }

    private func alert(_ notice: CertificateNotice, _ data: JSONObject) async {
        var draft = EventDraft(
            at: time.now(), type: .alertRaised, tenant: Tenant.default, message: "\(notice.file): \(notice.message)")
        draft.data = .object(data)
        do {
            _ = try await store.recordSweep(SweepRecord(events: [draft]))
        } catch {
            logger.error("cannot raise an alert about the certificate", metadata: ["error": "\(error)"])
        }
    }
}
