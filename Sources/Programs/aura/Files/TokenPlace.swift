import AuraClient
import JSON

/// The place where a command puts the text of a token: a terminal, or a new file that only the user can read.
///
/// The text never goes to a pipe or a file of the shell, where it would stay in logs or with the permissions of others.
enum TokenPlace: Sendable {
    case terminal
    case file(NewFile)

    /// Makes the file `out` if one is given. Throws a ``Complaint`` if neither a file nor a terminal can be used.
    init(_ out: String?, on output: Output) throws {
        if let out {
            self = .file(try NewFile(out))
        } else if output.isTerminal {
            self = .terminal
        } else {
            throw Complaint(
                .usage, "cannot show a token, standard output is no terminal: give --out FILE, the path of a new file")
        }
    }

    /// Runs `body` with a function that writes the text to the file, if there is one. If `body` throws, the file is
    /// removed.
    func filled(_ body: (_ keep: (String) throws -> Void) async throws -> Void) async throws {
        guard case .file(let file) = self else { return try await body { _ in } }
        do {
            try await body { try file.finish("\($0)\n") }
        } catch {
            file.discard()
            throw error
        }
    }

    /// Prints the result: its lines and the text at a terminal, or its lines and the name of the file. `document` has
    /// the text in the member `text`; it is replaced by the member `file` if there is a file.
    func show(_ text: String, _ lines: [Line], document: JSONObject, on output: Output) {
        switch self {
        case .terminal:
            if output.json { return output.document(.object(document)) }
            output.lines(lines + [Line(text, .bold)])
            output.note("the token is not shown again: keep it in a file with the mode 0600, for --token-file")
        case .file(let file):
            var document = document
            document["text"] = nil
            document["file"] = .string(file.path)
            if output.json { return output.document(.object(document)) }
            let command = "aura --token-file \(file.path.shellQuoted)"
            output.lines(lines + [Line("its text is in \(file.path), use it with: \(command)")])
        }
    }
}
