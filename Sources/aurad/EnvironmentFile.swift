import AuraModel
import FoundationEssentials

/// The agent's provider keys: `NAME=value` lines, `#` comments, in a file that is its owner's alone.
enum EnvironmentFile {
    static func read(_ path: String) throws -> [String: Secret] {
        let text = try SecretFile.read(path, key: "agent.environmentFile")
        var environment: [String: Secret] = [:]
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.drop(while: \.isWhitespace)
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let equals = line.firstIndex(of: "="), isName(line[..<equals]) else {
                throw SettingsError("cannot use line \(number + 1) of \(path): expected NAME=value")
            }
            environment[String(line[..<equals])] = Secret(String(line[line.index(after: equals)...]))
        }
        return environment
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F
        }
    }
}

/// Programs by name.
enum ExecutablePath {
    /// The absolute path of a program that was given by path, or by name to be found in `PATH`.
    static func find(_ program: String) -> String? {
        let manager = FileManager.default
        if program.contains("/") { return manager.isExecutableFile(atPath: program) ? program : nil }
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return directories.map { "\($0)/\(program)" }.first { manager.isExecutableFile(atPath: $0) }
    }
}
