import ArgumentParser
import Tokens

/// The arguments of the command line, without the program's name.
enum CommandWords {
    /// Returns the arguments as text. Throws `ValidationError` if one is not UTF-8, because replaced bytes would change
    /// it, or if one has the text of a token, because other users can read the arguments of a process.
    static func read() throws -> [String] {
        try raw().enumerated().map { index, word in
            guard let text = String(validatingCString: word) else {
                throw ValidationError(
                    "cannot read argument \(index + 1), \"\(String(cString: word).printable)\": it is not UTF-8")
            }
            guard !TokenSearch.hasToken(text) else {
                throw ValidationError(
                    "cannot use a token on the command line (argument \(index + 1)), where other users can read it: "
                        + "give it in a file or on standard input, and revoke this one")
            }
            return text
        }
    }

    /// True if `--json` is among the options, even if the command line cannot be parsed.
    static var wantDocuments: Bool {
        raw().map { String(cString: $0) }.prefix { $0 != "--" }.contains("--json")
    }

    private static func raw() -> [UnsafeMutablePointer<CChar>] {
        (1..<max(Int(CommandLine.argc), 1)).compactMap { CommandLine.unsafeArgv[$0] }
    }
}
