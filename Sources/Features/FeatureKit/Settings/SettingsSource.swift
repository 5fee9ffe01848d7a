package import Configuration
import SystemPackage

/// Reads settings from a YAML file, from the environment (`AURA_…`), which overrides the file, and from flags, which
/// override both.
///
/// A component reads only settings that it declares (``Setting``).
public struct SettingsSource: Sendable {
    private let reader: ConfigReader
    private let name: String

    /// Opens the sources. Throws ``SettingsError`` if the file cannot be read, or does not agree with `known`.
    ///
    /// `flags` is the settings that the command line gave, by key.
    public init(file: String?, flags: [String: String], known: KnownSettings) async throws {
        var providers: [any ConfigProvider] = []
        let given = flags.map {
            (AbsoluteConfigKey(ConfigKey($0.key)), ConfigValue(.string($0.value), isSecret: false))
        }
        providers.append(InMemoryProvider(name: "flags", values: Dictionary(uniqueKeysWithValues: given)))
        providers.append(EnvironmentVariablesProvider().prefixKeys(with: "aura"))
        if let file {
            try known.check(file: file)
            do {
                providers.append(try await FileProvider<YAMLSnapshot>(filePath: FilePath(file)))
            } catch {
                // The error may quote the file, secrets included.
                throw SettingsError(
                    "cannot read the configuration \(file): each setting has to be one text or a list of texts")
            }
        }
        self.init(providers, name: file ?? "the environment")
    }

    /// Creates a source over providers, of which the first has priority. `name` is the name of the source in errors.
    /// `reporter` receives each name that is read.
    package init(_ providers: [any ConfigProvider], name: String, reporter: (any AccessReporter)? = nil) {
        reader = ConfigReader(providers: providers, accessReporter: reporter)
        self.name = name
    }

    /// Returns the setting's text, or `nil` if it is absent or empty.
    public func text(_ key: String) -> String? {
        guard let text = reader.string(forKey: ConfigKey(key)), !text.isEmpty else { return nil }
        return text
    }

    /// Returns the setting's text. Throws ``SettingsError`` if it is absent or empty; `purpose` ends the message.
    public func requiredText(_ key: String, for purpose: String) throws -> String {
        guard let text = text(key) else {
            throw SettingsError("cannot find \(key) in \(name): \(purpose)")
        }
        return text
    }

    /// Returns a whole number, or `fallback` if the setting is absent.
    public func number(_ key: String, _ fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        try optionalNumber(key, in: range) ?? fallback
    }

    /// Returns a whole number, or `nil` if the setting is absent.
    public func optionalNumber(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = text(key) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw SettingsError(
                "cannot use \(key) = \(text): it has to be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// Returns a duration in seconds, or `fallback` if the setting is absent. Fractions are accepted.
    public func seconds(_ key: String, _ fallback: Duration, in range: ClosedRange<Double>) throws -> Duration {
        guard let text = text(key) else { return fallback }
        guard let number = Double(text), range.contains(number) else {
            throw SettingsError(
                "cannot use \(key) = \(text): it has to be a number of seconds from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return .milliseconds(Int64(number * 1000))
    }

    /// Returns a Boolean, or `fallback` if the setting is absent.
    public func flag(_ key: String, _ fallback: Bool) throws -> Bool {
        switch text(key) {
        case nil: return fallback
        case "true", "yes", "1": return true
        case "false", "no", "0": return false
        case let text?: throw SettingsError("cannot use \(key) = \(text): it has to be true or false")
        }
    }

    /// Returns one of the allowed texts, or `fallback` if the setting is absent.
    public func choice(_ key: String, _ fallback: String, of allowed: [String]) throws -> String {
        let given = text(key) ?? fallback
        guard allowed.contains(given) else {
            throw SettingsError("cannot use \(key) = \(given): it has to be one of \(allowed.joined(separator: ", "))")
        }
        return given
    }

    /// Returns a list of texts, which is empty if the setting is absent.
    public func list(_ key: String) -> [String] {
        reader.stringArray(forKey: ConfigKey(key)) ?? []
    }

    /// Returns a secret from `KEY` itself, or from the file that `KEYFile` names. Only the file's owner may have
    /// access to it. `purpose` describes the secret in the error for an absent one.
    func secret(_ key: String, for purpose: String) throws -> String {
        if let text = text(key) { return try SecretFile.check(text, source: key) }
        let file = Setting.fileName(of: key)
        guard let path = text(file) else {
            throw SettingsError("cannot find \(file) in \(name): it names a file, mode 0600, that holds \(purpose)")
        }
        return try SecretFile.read(path, key: file)
    }
}

// MARK: Patterns and URLs

extension SettingsSource {
    /// Returns a text that matches the whole pattern, or `fallback` if the setting is absent.
    public func text(
        _ key: String, _ fallback: String, matching pattern: String, such example: String
    ) throws -> String {
        guard let text = text(key) else { return fallback }
        return try Self.check(text, key, pattern, example)
    }

    /// Returns the text if it matches the whole pattern. Throws ``SettingsError`` with the example if not.
    public static func check(_ text: String, _ key: String, _ pattern: String, _ example: String) throws -> String {
        guard let expression = try? Regex(pattern), text.wholeMatch(of: expression) != nil else {
            throw SettingsError("cannot use \(key) = \(text): expected something such as \(example)")
        }
        return text
    }

    /// Returns a base URL without its final slash, or `nil`. `http` is allowed for loopback hosts and for those that
    /// `plainHosts` accepts.
    public func endpoint(_ key: String, plainHosts: (String) -> Bool = { _ in false }) throws -> String? {
        guard let text = text(key) else { return nil }
        let pattern = #/(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?((?:/[A-Za-z0-9._~-]+)*)/?/#
        guard let match = text.wholeMatch(of: pattern), match.3.map({ (1...65535).contains(Int($0) ?? 0) }) ?? true
        else {
            throw SettingsError(
                "cannot use \(key): expected https://HOST[:PORT][/PATH], without user, password, query or blanks")
        }
        let host = match.2.lowercased()
        guard match.1 == "https" || Self.isLoopback(host) || plainHosts(host) else {
            throw SettingsError("cannot use \(key) = \(text): a token would travel in clear; use https")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private static func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return host == "localhost" || host == "[::1]" || parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }

    /// True for 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16 (RFC 1918).
    public static func isPrivate(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        guard parts.count == 4 else { return false }
        return parts[0] == 10 || parts[0] == 172 && (16...31).contains(parts[1]) || parts[0] == 192 && parts[1] == 168
    }
}
