import Glibc

/// Ends the program where an invariant does not hold, as libFuzzer wants it; says which one.
func require(_ holds: Bool, _ what: @autoclosure () -> String) {
    guard !holds else { return }
    // Not print: what that keeps back would be lost.
    let line = Array("VIOLATED: \(what())\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    abort()
}

/// A fault that is put in on purpose, to show that it is found: `FUZZ_SABOTAGE=json`.
enum Sabotage {
    private static let chosen = environment("FUZZ_SABOTAGE")

    /// Whether the fault of this target is in.
    static func isOn(_ target: String) -> Bool { chosen == target }
}

/// For what an invariant says of an input.
func shown(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self).debugDescription
}
