import DriverKit
import Yams

/// The settings that exist, as the daemon and its features declare them. A name in a file that is not among them is a
/// mistake that would otherwise go unnoticed.
public struct KnownSettings: Sendable {
    private let names: Set<String>
    /// The settings that are lists of texts. All others are one text.
    private let lists: Set<String>
    /// The settings that hold a secret directly. Only the owner may have access to a file with one of them.
    private let secrets: [String]

    /// Creates the settings from their declarations.
    public init(_ settings: [Setting]) {
        names = Set(settings.flatMap(\.names))
        lists = Set(settings.filter { $0.shape == .list }.map(\.name))
        secrets = settings.filter(\.isSecret).map(\.name)
    }

    /// Checks the names and the shapes of a file's settings, without their values. Throws ``SettingsError`` if the file
    /// is not a YAML mapping, if a name is unknown or occurs twice, if a quoted text is empty, if a value has another
    /// shape than declared, or if others may read a file with a secret.
    func check(file: String) throws {
        guard let bytes = PersonalFile.bytes(file) else {
            throw SettingsError("cannot read the configuration \(file): check that it exists and is aurad's to read")
        }
        let text = try PersonalFile.text(bytes, of: "the configuration \(file)")
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw SettingsError("cannot read the configuration \(file): it is no YAML: \(Self.place(of: error))")
        }
        guard let node else { return }
        let paths = try Self.paths(node, prefix: "", file: file)
        for path in paths where !names.contains(path) {
            if let setting = names.first(where: { path.hasPrefix($0 + ".") }) {
                throw SettingsError(
                    "cannot use the setting \(setting) in \(file): it has to be one text, put it in quotes")
            }
            let hint = nearest(path).map { "; did you mean \($0)?" } ?? ""
            throw SettingsError("cannot use the setting \(path) in \(file): there is none of this name\(hint)")
        }
        try checkShapes(node, file: file)
        var seen: Set<String> = []
        for path in paths where !seen.insert(path).inserted {
            throw SettingsError("cannot use the setting \(path) in \(file): it is there twice; keep one of the two")
        }
        if let secret = secrets.first(where: { seen.contains($0) && !Self.isReference($0, in: node) }) {
            _ = try PersonalFile.read(file, key: "--config, with \(secret) in it,", isSecret: true)
        }
    }

    /// Returns true if the setting names a secret of the vault, so that the file does not have it.
    private static func isReference(_ path: String, in node: Node) -> Bool {
        let value = path.split(separator: ".").reduce(Optional(node)) { node, name in
            guard case .mapping(let mapping)? = node else { return nil }
            return mapping.first { $0.key.string == String(name) }?.value
        }
        return value?.scalar.map { CredentialSetting.isReference($0.string) } ?? false
    }

    /// Throws if a setting is a list and should be one text, if a list has an item that is no text, or if a text has a
    /// NUL character. ``SettingsSource`` would treat such a setting as absent.
    private func checkShapes(_ node: Node, prefix: String = "", file: String) throws {
        guard case .mapping(let mapping) = node else { return }
        for (key, value) in mapping {
            let path = prefix + (key.string ?? "")
            switch value {
            case .mapping: try checkShapes(value, prefix: path + ".", file: file)
            case .sequence(let items):
                guard lists.contains(path) else {
                    throw SettingsError("cannot use the setting \(path) in \(file): it has to be one text, not a list")
                }
                guard items.allSatisfy({ $0.scalar != nil }) else {
                    throw SettingsError("cannot use the setting \(path) in \(file): it has to be a list of texts")
                }
            case .scalar(let scalar):
                guard !scalar.string.utf8.contains(0) else {
                    throw SettingsError("cannot use the setting \(path) in \(file): it has a NUL character")
                }
            case .alias: break
            }
        }
    }

    /// Returns the position of a YAML error without any text of the file, because the text may be a secret.
    private static func place(of error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line), column \(mark.column): \(problem)"
        case .duplicatedKeysInMapping(_, let context):
            "a name is there twice in the mapping that begins at line \(context.mark.line); keep one of the two"
        default: "it holds characters that YAML does not allow"
        }
    }

    /// Returns the key if it has the form of a name, and otherwise its line, because a secret may be in the place of
    /// the name.
    private static func name(_ key: Node) -> String {
        let text = key.string ?? ""
        let isName =
            !text.isEmpty && text.utf8.count <= 40
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            }
        return isName ? text : "(at line \(key.mark?.line ?? 0))"
    }

    private static func paths(_ node: Node, prefix: String, file: String) throws -> [String] {
        guard case .mapping(let mapping) = node else {
            if prefix.isEmpty {
                throw SettingsError("cannot read the configuration \(file): it is no mapping of names to values")
            }
            if case .scalar(let scalar) = node, scalar.string.isEmpty, scalar.style != .any, scalar.style != .plain {
                throw SettingsError("cannot use the setting \(prefix) in \(file): it is empty; leave it out instead")
            }
            return [prefix]
        }
        return try mapping.flatMap { key, value in
            try paths(value, prefix: prefix.isEmpty ? name(key) : "\(prefix).\(name(key))", file: file)
        }
    }

    /// Returns the nearest known name, or `nil` if its Levenshtein distance is more than 4.
    private func nearest(_ path: String) -> String? {
        guard let best = NearestName.of(path, in: names),
            NearestName.distance(Array(path.lowercased()), Array(best.lowercased())) <= 4
        else { return nil }
        return best
    }
}
