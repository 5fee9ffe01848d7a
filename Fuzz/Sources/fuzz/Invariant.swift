import Glibc

/// Prints a violated invariant and aborts, as libFuzzer requires.
func require(_ holds: Bool, _ what: @autoclosure () -> String) {
    guard !holds else { return }
    // Not `print`: its buffered output would be lost.
    let line = Array("VIOLATED: \(what())\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    abort()
}

/// A deliberate fault, to show that the fuzzer finds it: `FUZZ_SABOTAGE=json`.
enum Sabotage {
    private static let chosen = environment("FUZZ_SABOTAGE")

    /// Returns true if the fault of this target is enabled.
    static func isOn(_ target: String) -> Bool { chosen == target }
}

/// Returns an input as text, for messages about violated invariants.
func shown(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self).debugDescription
}
