import ArgumentParser
import AuraModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads a line at a terminal that does not show it.
enum HiddenLine {
    private static let (interrupt, endOfText, backspace, clearLine, delete): (UInt8, UInt8, UInt8, UInt8, UInt8) =
        (0x03, 0x04, 0x08, 0x15, 0x7F)

    /// Returns the line without its end. The keys Backspace, ^U and ^C have their usual effects. Reads at most one byte
    /// more than `limitBytes`. `ask` is called once the terminal shows nothing any more. Throws a ``Complaint``, or an
    /// `ExitCode` for ^C.
    static func read(limitBytes: Int, ask: () -> Void) throws -> [UInt8] {
        var former = termios()
        guard tcgetattr(STDIN_FILENO, &former) == 0 else { throw failed() }
        var hidden = former
        // Without ICANON, the terminal does not cut lines of more than 4,095 bytes. Without ISIG, ^C arrives as a byte,
        // so that the terminal is restored before the program ends.
        hidden.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0 else { throw failed() }
        // Drops the rest of what was pasted, which the shell would run as commands.
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &former) }
        ask()
        var line: [UInt8] = []
        while line.count <= limitBytes, let byte = try nextByte() {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"), endOfText: return line
            case interrupt:
                line.clear()
                throw ExitCode(ExitStatus.interrupted)
            case backspace, delete:
                // The bytes of one character of UTF-8: continuations begin with the bits 10.
                while let last = line.popLast(), last & 0xC0 == 0x80 {}
            case clearLine: line.clear()
            default: line.append(byte)
            }
        }
        return line
    }

    private static func nextByte() throws -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = systemRead(STDIN_FILENO, &byte, 1)
            if count == 1 { return byte }
            if count == 0 { return nil }
            guard errno == EINTR else { throw failed() }
        }
    }

    private static func failed() -> Complaint {
        Complaint(
            .usage, "cannot read the terminal, \(String(cString: strerror(errno))): give the value with --in FILE")
    }
}

private let systemRead = read(_:_:_:) as @Sendable (Int32, UnsafeMutableRawPointer?, Int) -> Int
