import JSON
import JSONRPC

/// The failure of a command: one line on standard error, or one JSON document, and an exit code.
struct Complaint: Error, Sendable, Hashable {
    enum Kind: String, Sendable, Hashable {
        /// A watched job ended `failed` or `cancelled`.
        case jobEnded
        /// The daemon replied with an error.
        case refused
        /// The job did not end within the given time.
        case waitTimeout
        /// The command line is wrong.
        case usage
        /// The output could not be written.
        case cannotWrite
        case unreachable
        case timeout
        case connectionLost
        case unreadableAnswer
        case interrupted
        case terminated
    }

    var kind: Kind
    /// One sentence, for most failures in the form `cannot …: remedy`.
    var message: String
    /// Further members of the error object's `data`.
    var data: JSONObject
    /// The name of the daemon's error, if there is one.
    private(set) var code: String?
    /// The daemon's error object, if there is one.
    private var error: JSONValue?

    init(_ kind: Kind, _ message: String, data: JSONObject = [:]) {
        self.kind = kind
        self.message = message
        self.data = data
    }

    /// Creates a complaint from an error of the daemon.
    init(_ error: RPCError, purpose: String) {
        let said = error.message
        self.init(.refused, said.hasPrefix("cannot ") ? said : "cannot \(purpose): \(said)")
        self.error = error.json
        code = error.code.name
    }

    var exitCode: Int32 {
        switch kind {
        case .jobEnded: ExitStatus.jobEnded
        case .refused: code == "waitTimeout" ? ExitStatus.waitTimeout : ExitStatus.refused
        case .waitTimeout: ExitStatus.waitTimeout
        case .usage: ExitStatus.usage
        case .cannotWrite: ExitStatus.cannotWrite
        case .unreachable, .timeout, .connectionLost, .unreadableAnswer: ExitStatus.unreachable
        case .interrupted: ExitStatus.interrupted
        case .terminated: ExitStatus.terminated
        }
    }

    /// The daemon's error object, or one of the same shape without the number `code`.
    var json: JSONValue {
        if let error { return error }
        var members: JSONObject = [
            "code": .string(kind.rawValue),
            "retryable": .bool(exitCode == ExitStatus.unreachable || exitCode == ExitStatus.waitTimeout),
        ]
        members.merge(data) { own, _ in own }
        return ["message": .string(message), "data": .object(members)]
    }
}

/// The exit codes for scripts; `aura help` documents them.
enum ExitStatus {
    static let jobEnded: Int32 = 1
    static let refused: Int32 = 2
    static let unreachable: Int32 = 3
    /// A wait ended before its job.
    static let waitTimeout: Int32 = 4
    /// `EX_USAGE` of sysexits.h.
    static let usage: Int32 = 64
    static let interrupted: Int32 = 130
    static let terminated: Int32 = 143
    /// The code that a shell reports for a program that SIGPIPE ended.
    static let readerGone: Int32 = 141
    /// `EX_IOERR` of sysexits.h.
    static let cannotWrite: Int32 = 74

    static let help = """
        EXIT CODES
          0    the command succeeded
          1    the watched job failed or was cancelled
          2    the daemon refused the call
          3    the daemon cannot be reached, or did not reply in time
          4    the time of a wait (--for) is over; its job continues
          64   the command line is wrong
          74   the output could not be written
          130  interrupted by ^C (143: by SIGTERM); a watched job continues
          141  the reader of the output closed it

        ERRORS
          One line on standard error: "aura: cannot …". With --json it is one JSON
          document instead, also on standard error: the daemon's error object, with
          code, message, data.code and data.retryable. An error of aura itself has
          the same members without code, the daemon's error number.
        """
}
