import ArgumentParser
import AuraModel
import JSON
import Locking

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes all output of the program: results to standard output, complaints and notes to standard error.
struct Output: Sendable {
    /// True if JSON documents are requested instead of text.
    let json: Bool
    let style: Style
    /// True if standard output is a terminal.
    let isTerminal: Bool
    /// True if standard output is a terminal that can redraw in place.
    let isLive: Bool

    init(json: Bool, environment: [String: String] = Environment.present) {
        isTerminal = isatty(STDOUT_FILENO) == 1
        self.json = json
        isLive = isTerminal && !json && (environment["TERM"] ?? "dumb") != "dumb"
        let color = !json && Style.colorWanted(isTerminal: isTerminal, environment: environment)
        style = Style(color: color, glyphs: .wanted(environment: environment))
    }

    func lines(_ lines: [Line]) {
        write(lines.map { $0.rendered(color: style.color) + "\n" }.joined())
    }

    func line(_ line: Line) {
        lines([line])
    }

    /// Writes one compact document and a line end. Characters that control terminals are escaped.
    func document(_ value: JSONValue) {
        write(value.serialized().jsonForTerminals + [UInt8(ascii: "\n")], to: STDOUT_FILENO)
    }

    /// Writes the reason for a failed command.
    func complain(_ complaint: Complaint) {
        let text =
            json ? complaint.json.serialized().jsonForTerminals : Array("aura: \(complaint.message.printable)".utf8)
        write(text + [UInt8(ascii: "\n")], to: STDERR_FILENO)
    }

    /// Writes a note that is not a result, except with `--json`.
    func note(_ text: String) {
        guard !json else { return }
        write(Array("aura: \(text.printable)\n".utf8), to: STDERR_FILENO)
    }

    /// Writes text unchanged, including escape sequences.
    func write(_ text: String) {
        write(Array(text.utf8), to: STDOUT_FILENO)
    }

    /// Ends the program as `error` requires: with help, with a complaint about the command line, or with an exit code.
    func end(with error: any Error) -> Never {
        let code = Aura.exitCode(for: error)
        if code == .success {
            write(Aura.fullMessage(for: error) + "\n")
        } else if json, code == .validationFailure, !(error is ExitCode) {
            let message = Aura.message(for: error)
            complain(
                Complaint(
                    .usage, message.hasPrefix("cannot ") ? message : "cannot read the command line: \(message)"))
        } else {
            Aura.exit(withError: error)
        }
        exit(code.rawValue)
    }

    /// The interval at which a stream without output checks that it still has a reader.
    private static let lookEvery = Duration.milliseconds(250)

    /// Ends the program when standard output has no reader, as a failed write does. A stream without events would
    /// otherwise keep its process and its connection. Returns only by throwing `CancellationError`.
    func endWithReader(_ time: any TimeSource) async throws -> Never {
        while true {
            var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            // poll sets these flags if the other end of a pipe, a socket or a terminal is closed (poll(2)), and never
            // for files.
            if poll(&output, 1, 0) == 1, output.revents & Int16(POLLERR | POLLHUP) != 0 { exit(ExitStatus.readerGone) }
            try await time.sleep(for: Self.lookEvery)
        }
    }

    /// Writes all bytes, or ends the program if it cannot.
    private func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 {
                rest = rest.dropFirst(written)
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            } else if errno != EINTR {
                giveUp(errno, descriptor)
            }
        }
    }

    /// Ends the program after a failed write. A reader that closed the output is not reported as an error.
    private func giveUp(_ code: Int32, _ descriptor: Int32) -> Never {
        if code == EPIPE { exit(ExitStatus.readerGone) }
        if descriptor == STDOUT_FILENO {
            complain(
                Complaint(
                    .cannotWrite,
                    "cannot write to standard output, \(String(cString: strerror(code))): "
                        + "what was called is not undone; make room, or write elsewhere"))
        }
        exit(ExitStatus.cannotWrite)
    }
}

private let systemWrite = write(_:_:_:) as @Sendable (Int32, UnsafeRawPointer?, Int) -> Int
