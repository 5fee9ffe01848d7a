import Configuration
import FoundationEssentials
import SystemPackage
import Yams

/// Reads settings from a YAML file, from the environment (`AURA_…`), which overrides the file, and from flags, which
/// override both.
struct SettingsSource {
    private let reader: ConfigReader
    private let name: String

    /// `flags` is the settings that the command line gave, by key.
    init(file: String?, flags: [String: String]) async throws {
        var providers: [any ConfigProvider] = []
        let given = flags.map {
            (AbsoluteConfigKey(ConfigKey($0.key)), ConfigValue(.string($0.value), isSecret: false))
        }
        providers.append(InMemoryProvider(name: "flags", values: Dictionary(uniqueKeysWithValues: given)))
        providers.append(EnvironmentVariablesProvider().prefixKeys(with: "aura"))
        if let file {
            try KnownSettings.check(file: file)
            do {
                providers.append(try await FileProvider<YAMLSnapshot>(filePath: FilePath(file)))
            } catch {
                // The error may quote the file, secrets included.
                throw SettingsError(
                    "cannot read the configuration \(file): each setting has to be one text or a list of texts")
            }
        }
        reader = ConfigReader(providers: providers)
        name = file ?? "the environment"
    }

    /// Returns the setting's text, or `nil` if it is absent or empty.
    func text(_ key: String) -> String? {
        guard let text = reader.string(forKey: ConfigKey(key)), !text.isEmpty else { return nil }
        return text
    }

    func requiredText(_ key: String, for purpose: String) throws -> String {
        guard let text = text(key) else {
            throw SettingsError("cannot find \(key) in \(name): \(purpose)")
        }
        return text
    }

    func number(_ key: String, _ fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        try optionalNumber(key, in: range) ?? fallback
    }

    func optionalNumber(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = text(key) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw SettingsError(
                "cannot use \(key) = \(text): it has to be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// Returns a duration in seconds; fractions are accepted.
    func seconds(_ key: String, _ fallback: Duration, in range: ClosedRange<Double>) throws -> Duration {
        guard let text = text(key) else { return fallback }
        guard let number = Double(text), range.contains(number) else {
            throw SettingsError(
                "cannot use \(key) = \(text): it has to be a number of seconds from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return .milliseconds(Int64(number * 1000))
    }

    func flag(_ key: String, _ fallback: Bool) throws -> Bool {
        switch text(key) {
        case nil: return fallback
        case "true", "yes", "1": return true
        case "false", "no", "0": return false
        case let text?: throw SettingsError("cannot use \(key) = \(text): it has to be true or false")
        }
    }

    func choice(_ key: String, _ fallback: String, of allowed: [String]) throws -> String {
        let given = text(key) ?? fallback
        guard allowed.contains(given) else {
            throw SettingsError("cannot use \(key) = \(given): it has to be one of \(allowed.joined(separator: ", "))")
        }
        return given
    }

    func list(_ key: String) -> [String] {
        reader.stringArray(forKey: ConfigKey(key)) ?? []
    }

    /// Returns a secret from `KEY` itself, or from the file that `KEYFile` names. Only the file's owner may have
    /// access to it.
    func secret(_ key: String, for purpose: String) throws -> String {
        if let text = text(key) { return try SecretFile.check(text, source: key) }
        guard let path = text(key + "File") else {
            throw SettingsError("cannot find \(key)File in \(name): it names a file, mode 0600, that holds \(purpose)")
        }
        return try SecretFile.read(path, key: key + "File")
    }
}
