/// How output is dressed: decided once from the terminal and the environment.
struct Style: Sendable, Hashable {
    /// Whether escape sequences for colour are wanted.
    var color: Bool
    var glyphs: Glyphs

    static let plain = Style(color: false, glyphs: .ascii)

    /// `NO_COLOR`, set to anything but nothing, forbids colour (https://no-color.org).
    static func colorWanted(isTerminal: Bool, environment: [String: String]) -> Bool {
        isTerminal && environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
    }
}

/// The marks of the progress display.
struct Glyphs: Sendable, Hashable {
    var done: String
    var failed: String
    var waiting: String
    var undone: String
    var spinner: [String]
    var barFull: String
    var barEmpty: String
    var ellipsis: String

    static let unicode = Glyphs(
        done: "✓", failed: "✗", waiting: "·", undone: "↶",
        spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"], barFull: "█", barEmpty: "░", ellipsis: "…")

    static let ascii = Glyphs(
        done: "+", failed: "x", waiting: ".", undone: "<", spinner: ["|", "/", "-", "\\"], barFull: "#", barEmpty: "-",
        ellipsis: "...")

    /// Unicode where the locale's character set is UTF-8, as POSIX orders the variables.
    static func wanted(environment: [String: String]) -> Glyphs {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let name = locale.lowercased()
        return name.contains("utf-8") || name.contains("utf8") ? .unicode : .ascii
    }
}
