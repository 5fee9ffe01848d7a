internal import ChildProcess
internal import DriverKit

/// The state of a run, collected from its output lines. Each line may result in an event to report.
struct PlaybookProgress {
    /// The machine's name in the inventory (``ConfigurationRun/inventoryHost``).
    private let host: String
    private let redactor: Redactor
    private var splitter = LineSplitter(limitBytes: Self.lineLimitBytes)
    private var foreign = Tail(limitBytes: 4 << 10)

    /// The counts of the machine; `nil` before the recap.
    private(set) var summary: ConfigurationSummary?
    /// True if the run wrote its recap, with or without this machine.
    private(set) var hasRecap = false
    /// The last task that failed and was not ignored: "task NAME: MESSAGE".
    private(set) var failure: String?
    /// The cause of ``failure``.
    private(set) var failureCause = FailureCause.unknown
    /// The reason why the run ended without a recap, if the callback reported it.
    private(set) var broken: (message: String, cause: FailureCause)?
    /// True if a play started, so the playbooks are readable.
    private(set) var hasBegun = false
    private(set) var unreachable: String?
    private(set) var task: String?

    /// The limit of a line in bytes. The callback cuts its lines at 16 KiB.
    static let lineLimitBytes = 64 << 10

    init(host: String, redactor: Redactor) {
        self.host = host
        self.redactor = redactor
    }

    /// The last lines that were not events, for messages.
    var words: String { redactor.clean(foreign.lastLines()) }

    /// Adds a piece of the output and returns the events to report, in order.
    mutating func take(_ bytes: [UInt8]) -> [ConfigurationEvent] {
        splitter.feed(bytes).compactMap { take($0) }
    }

    /// Ends the output. Returns the event of an unfinished last line.
    mutating func finish() -> [ConfigurationEvent] {
        splitter.finish().flatMap { take($0) }.map { [$0] } ?? []
    }

    private mutating func take(_ line: LineSplitter.Line) -> ConfigurationEvent? {
        switch line {
        case .tooLong(let bytes):
            foreign.append(Array("(a line of \(bytes) bytes was dropped)\n".utf8))
            return nil
        case .line(let bytes):
            let meaning = PlaybookLine(bytes, redactor: redactor)
            if case .foreign = meaning { foreign.append(bytes + [0x0A]) }
            return note(meaning)
        }
    }

    private mutating func note(_ line: PlaybookLine) -> ConfigurationEvent? {
        switch line {
        case .silent, .foreign: return nil
        case .unreachable(let name, let message):
            unreachable = message
            return .taskFailed(name: name, message: message, isIgnored: false)
        case .failed(let name, let message, let cause):
            failure = "task \(name): \(message)"
            failureCause = cause
            return .taskFailed(name: name, message: message, isIgnored: false)
        case .broken(let message, let cause):
            broken = (message, cause)
            return nil
        case .recap(let hosts):
            hasRecap = true
            summary = hosts[host]
            return summary.map(ConfigurationEvent.recap)
        case .event(let event): return note(event)
        }
    }

    private mutating func note(_ event: ConfigurationEvent) -> ConfigurationEvent {
        switch event {
        case .taskStarted(let name, _):
            task = name
            return event
        case .playStarted:
            hasBegun = true
            return event
        case .taskFailed, .warning, .taskFinished, .taskRetried, .recap: return event
        }
    }
}
