public import AuraModel
internal import Locking
public import Logging
public import ServiceLifecycle

/// Holds the server's certificate for new connections, and replaces it when its files change.
///
/// As a service it looks at the files every ten seconds. A new pair is used only if it is complete, fits and is valid.
/// Otherwise the present pair stays in use and an error is logged. Open connections keep the pair with which they
/// began.
///
/// A new pair has its own keys for session tickets, so that no session outlives a change of the authority.
public final class ContextSource: Service {
    private struct State: Sendable {
        var context: ServerContext
        /// The facts of the files at the last attempt to read them.
        var stamps: [PEMFile.Stamp?]
        /// The warning that was logged last for the present certificate, in days before its end.
        var warnedDays: Int?
    }

    private let files: TLSFiles
    private let time: any TimeSource
    private let logger: Logger
    private let onNotice: @Sendable (CertificateNotice) -> Void
    private let state: Locked<State>

    /// The interval between two looks at the files.
    private static let interval = Duration.seconds(10)

    /// Reads the files. Throws ``TLSError`` if they cannot be used. `onNotice` is called for each change; it must not
    /// block.
    public init(
        _ files: TLSFiles, time: any TimeSource, logger: Logger,
        onNotice: @escaping @Sendable (CertificateNotice) -> Void = { _ in }
    ) throws(TLSError) {
        self.onNotice = onNotice
        self.files = files
        self.time = time
        self.logger = logger
        let stamps = files.all.map(\.stamp)
        let context = try ServerContext(files, now: time.now().milliseconds / 1000)
        state = Locked(State(context: context, stamps: stamps))
    }

    /// The context of new connections.
    var current: ServerContext { state.withLock { $0.context } }

    /// The present time, in seconds since 1970.
    var now: Int64 { time.now().milliseconds / 1000 }

    /// Looks at the files until graceful shutdown or cancellation.
    public func run() async throws {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            warnOfEnd()
            try? await cancelWhenGracefulShutdown { [time] in try await time.sleep(for: Self.interval) }
            look(isForced: false)
        }
    }

    /// Reads the files again if they have changed, or if `isForced`, and replaces the context if they can be used.
    public func look(isForced: Bool) {
        // Taken before the files are read: a file that changes meanwhile is read again at the next look.
        let stamps = files.all.map(\.stamp)
        let isDue = state.withLock { state in
            defer { state.stamps = stamps }
            return isForced || state.stamps != stamps
        }
        guard isDue else { return }
        do {
            let context = try ServerContext(files, now: now)
            state.withLock { state in
                state.context = context
                state.warnedDays = nil
            }
            logger.notice(
                "uses the new certificate for new connections",
                metadata: ["file": "\(files.certificate.path)", "notAfter": "\(Self.text(context.notAfter))"])
            note(.replaced, "the daemon uses a new certificate", notAfter: context.notAfter)
            warnOfEnd()
        } catch {
            note(.unusable(error.code.rawValue), "the daemon keeps its present certificate: \(error)", notAfter: nil)
            logger.error(
                "keeps the present certificate: \(error)",
                metadata: ["code": "certificateUnusable", "reason": "\(error.code.rawValue)"])
        }
    }

    /// Logs a warning once at each of the times before the end of the certificate's life.
    private func warnOfEnd() {
        let now = now
        let (due, end) = state.withLock { state -> (Int?, Int64) in
            let days = ExpiryWarning.days(notAfter: state.context.notAfter, now: now)
            defer { state.warnedDays = days ?? state.warnedDays }
            return (days == state.warnedDays ? nil : days, state.context.notAfter)
        }
        guard let due else { return }
        let metadata: Logger.Metadata = [
            "code": "certificateExpiring", "file": "\(files.certificate.path)", "notAfter": "\(Self.text(end))",
        ]
        let message =
            due == 0
            ? "the certificate has expired, clients refuse it: put a new one there"
            : "the certificate expires in less than \(due) \(due == 1 ? "day" : "days"), put a new one there"
        logger.log(level: due == 0 ? .error : .warning, "\(message)", metadata: metadata)
        note(.expiring(days: due), message, notAfter: end)
    }

    private func note(_ kind: CertificateNotice.Kind, _ message: String, notAfter: Int64?) {
        onNotice(
            CertificateNotice(
                kind: kind, message: message, file: files.certificate.path, notAfter: notAfter.map(Self.text)))
    }

    private static func text(_ seconds: Int64) -> String {
        Timestamp(milliseconds: seconds * 1000).description
    }
}

/// A change of the server's certificate that operators should know.
public struct CertificateNotice: Sendable, Hashable {
    /// The kind of a notice.
    public enum Kind: Sendable, Hashable {
        /// New connections use a new certificate.
        case replaced
        /// The files have changed and cannot be used; the name of the reason.
        case unusable(String)
        /// The certificate ends in less than these days. With 0 it has ended.
        case expiring(days: Int)
    }

    /// What happened.
    public var kind: Kind
    /// A description for people.
    public var message: String
    /// The path of the certificate.
    public var file: String
    /// The end of the certificate's life, in RFC 3339; `nil` for an unusable one.
    public var notAfter: String?
}

/// The times at which the end of a certificate's life is reported.
enum ExpiryWarning {
    /// The days before the end. The last is the end itself.
    private static let steps = [0, 1, 7, 21]

    /// Returns the warning for the time `now`, as days before the end, or `nil` if the end is far. Both times are in
    /// seconds since 1970.
    static func days(notAfter: Int64, now: Int64) -> Int? {
        steps.first { notAfter - now < Int64($0) * 86_400 }
    }
}
