/// The style of the output, chosen once from the terminal and the environment.
struct Style: Sendable, Hashable {
    /// Whether escape sequences for colour are written.
    var color: Bool
    var glyphs: Glyphs

    static let plain = Style(color: false, glyphs: .ascii)

    /// Returns true if colour may be used: for a terminal that is not dumb, unless `NO_COLOR` is set and not empty
    /// (https://no-color.org).
    static func colorWanted(isTerminal: Bool, environment: [String: String]) -> Bool {
        isTerminal && environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
    }
}

/// The symbols of the progress display.
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

    /// Returns Unicode symbols if the locale's character set is UTF-8. POSIX defines the order of the variables.
    static func wanted(environment: [String: String]) -> Glyphs {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let name = locale.lowercased()
        return name.contains("utf-8") || name.contains("utf8") ? .unicode : .ascii
    }
}
