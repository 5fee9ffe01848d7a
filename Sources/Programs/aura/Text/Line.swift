/// The look of a piece of text if colour is used.
enum Look: Sendable, Hashable {
    case plain
    case bold
    case dim
    case good
    case bad
    case busy

    /// The parameters of the escape sequence "select graphic rendition" (ECMA-48 §8.3.117).
    var rendition: String {
        switch self {
        case .plain: "0"
        case .bold: "1"
        case .dim: "2"
        case .good: "32"
        case .bad: "31"
        case .busy: "36"
        }
    }
}

/// A line of output: pieces of text, each with a look. It is a value, so tests can compare it and its width is exact.
struct Line: Sendable, Hashable {
    struct Piece: Sendable, Hashable {
        var text: String
        var look: Look
    }

    private(set) var pieces: [Piece] = []

    init(_ text: String = "", _ look: Look = .plain) {
        append(text, look)
    }

    /// The text without colour.
    var text: String {
        pieces.map(\.text).joined()
    }

    var columns: Int {
        pieces.reduce(0) { $0 + $1.text.columns }
    }

    mutating func append(_ text: String, _ look: Look = .plain) {
        guard !text.isEmpty else { return }
        pieces.append(Piece(text: text.printable, look: look))
    }

    func appending(_ text: String, _ look: Look = .plain) -> Line {
        var line = self
        line.append(text, look)
        return line
    }

    /// Returns the line cut to at most `columns` columns.
    func clipped(to columns: Int, ellipsis: String) -> Line {
        guard self.columns > columns else { return self }
        var room = columns - ellipsis.columns
        guard room >= 0 else { return Line() }
        var line = Line()
        for piece in pieces {
            let kept = piece.text.prefix(columns: room)
            line.append(kept, piece.look)
            room -= kept.columns
            if kept.utf8.count < piece.text.utf8.count { break }
        }
        return line.appending(ellipsis, .dim)
    }

    /// Returns the text to write, with escape sequences if `color` is true.
    func rendered(color: Bool) -> String {
        guard color else { return text }
        return pieces.map { piece in
            piece.look == .plain ? piece.text : "\u{1B}[\(piece.look.rendition)m\(piece.text)\u{1B}[0m"
        }.joined()
    }
}
