internal import AuraModel
internal import ChildProcess
internal import DriverKit

/// The interpretation of the output of `ssh`. `ssh` exits with 255 for each of its own failures, so only the text shows
/// the cause.
enum SSHVerdict {
    /// The texts of OpenSSH 8 to 10, most specific first: after a changed host key, the output also contains a failed
    /// verification.
    private static let table: [(text: String, errorClass: ErrorClass, code: String)] = [
        ("REMOTE HOST IDENTIFICATION HAS CHANGED", .permanent, "sshHostKeyMismatch"),
        ("Host key verification failed", .permanent, "sshHostKeyMismatch"),
        ("Error loading key", .permanent, "sshKeyUnusable"),
        ("Load key", .permanent, "sshKeyUnusable"),
        ("Permission denied", .permanent, "sshPermissionDenied"),
        ("Too many authentication failures", .permanent, "sshPermissionDenied"),
        ("Unable to negotiate", .permanent, "sshNegotiation"),
        ("Connection refused", .transient, "sshRefused"),
        ("timed out", .transient, "sshTimedOut"),
        ("Timeout, server", .transient, "sshTimedOut"),
        ("No route to host", .transient, "sshNoRoute"),
        ("Network is unreachable", .transient, "sshNoRoute"),
        ("Could not resolve hostname", .transient, "sshUnresolved"),
        ("Connection reset", .transient, "sshClosed"),
        ("Broken pipe", .transient, "sshClosed"),
        ("Connection closed", .transient, "sshClosed"),
        ("kex_exchange_identification", .transient, "sshClosed"),
    ]

    static func failure(_ end: OpenSSH.End, _ access: SSHAccess) -> Failure {
        switch end.ending {
        case .overTime, .silent, .tooMuchOutput:
            return failure(.transient, "sshTimedOut", "no answer within the time limit", access)
        case .cancelled: return failure(.transient, "cancelled", "the task was cancelled", access)
        case .exited(255), .signalled, .refused: return verdict(end.errors, access)
        case .exited(let code):
            // If the image refuses a login ("Please login as the user …"), the reason is on standard output.
            let words = [end.errors.lastLines(), end.output.lastLines()].filter { !$0.isEmpty }.joined(separator: "; ")
            return failure(.transient, "sshCommandFailed", "the command ended with \(code): \(words)", access)
        }
    }

    private static func verdict(_ errors: Tail, _ access: SSHAccess) -> Failure {
        let text = errors.text
        let words = lines(errors)
        guard let entry = table.first(where: { text.contains($0.text) }) else {
            return failure(.transient, "sshFailed", words.isEmpty ? "ssh ended without a word" : words, access)
        }
        return failure(entry.errorClass, entry.code, words, access)
    }

    /// Returns the last three lines, without OpenSSH's advice to edit files, because the files of a call are temporary.
    private static func lines(_ errors: Tail) -> String {
        let advice = ["ssh-keygen -", "Add correct host key in", "Offending ", "remove with:"]
        return errors.text.split(whereSeparator: \.isNewline).filter { line in
            line.contains { !$0.isWhitespace } && !advice.contains { line.contains($0) }
        }.suffix(3).joined(separator: "; ")
    }

    private static func failure(
        _ errorClass: ErrorClass, _ code: String, _ words: String, _ access: SSHAccess
    ) -> Failure {
        Failure(errorClass, code: code, message: "cannot reach \(access.address): \(PlainText.clean(words))")
    }
}
