import ArgumentParser
import AuraClient
import AuraModel

/// The options that name the token on which a command works.
struct TokenInputOptions: ParsableArguments {
    @Option(
        name: .customLong("in"),
        help: ArgumentHelp("The file with the token; standard input if not given.", valueName: "file"),
        completion: .file())
    var input: String?

    /// Reads the token. Throws a ``Complaint``.
    func token(on output: Output) throws -> Secret {
        do {
            if let input { return try ClientToken.read(file: input) }
            if StandardInput.isTerminal { output.note("paste the token, then press Enter and ^D") }
            return try ClientToken.checked(String(decoding: StandardInput.bytes(), as: UTF8.self), of: "standard input")
        } catch let error as ClientError {
            throw Complaint(.usage, error.message)
        }
    }
}

/// The option that names the new file for the text of a token.
struct TokenOutputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A new file for the token, with the mode 0600; needed if standard output is no terminal.",
            valueName: "file"),
        completion: .file())
    var out: String?
}
