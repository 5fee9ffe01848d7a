import ArgumentParser
import JSON
import VaultKeys

/// `aura vault rotate`
struct VaultRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Make a new key the first one of the key file, without the daemon.",
        discussion: """
            From its next start on, aurad uses the first key for new secrets and tokens, and wraps all secrets under it \
            while it serves. The former keys stay in the file, and still open what they sealed. With several daemons: \
            add a key with --prepare, copy the file to all of them and restart them, then run --use on each of them and \
            restart them again.
            """)

    @Option(
        help: ArgumentHelp("The key file; \(KeyFile.usualPath) if not given.", valueName: "file"), completion: .file())
    var file: String?

    @Option(
        help: ArgumentHelp(
            "The name of the new key, 1 to 8 lower-case letters and digits; k2 after k1 if not given.",
            valueName: "name"))
    var name: String?

    @Flag(help: "Add the new key as the last one, which opens secrets and seals none yet.")
    var prepare = false

    @Option(help: ArgumentHelp("Make no new key: make the key of this name the first one.", valueName: "name"))
    var use: String?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard use == nil || !prepare && name == nil else {
            throw ValidationError("cannot use --use with --prepare or --name: it takes a key that the file has")
        }
        guard (name ?? use).map(KeyFile.isKeyName) ?? true else {
            throw ValidationError("cannot use the key's name: give 1 to 8 lower-case letters and digits, as in k2")
        }
    }

    func run() async throws {
        try await Invocation.runOffline(global) { output in
            let path = file ?? KeyFile.usualPath
            let key = try use ?? name ?? Self.next(after: try KeyFile.names(in: path))
            if use != nil {
                try KeyFile.use(key, in: path)
            } else {
                try KeyFile.add(key, to: path, first: !prepare)
            }
            try Self.show(key, path, prepare: prepare, output)
        }
    }

    /// Returns the name after the highest of k1, k2 and so on.
    private static func next(after names: [String]) throws -> String {
        let numbers = names.compactMap { $0.hasPrefix("k") ? Int($0.dropFirst()) : nil }
        let name = "k\((numbers.max() ?? 0) + 1)"
        guard KeyFile.isKeyName(name) else {
            throw Complaint(.usage, "cannot name the new key after \(names.joined(separator: ", ")): give --name")
        }
        return name
    }

    private static func show(_ key: String, _ path: String, prepare: Bool, _ output: Output) throws {
        let names = try KeyFile.names(in: path)
        guard !output.json else {
            return output.document([
                "file": .string(KeyFile.absolute(path)), "key": .string(key), "keys": .array(names.map { .string($0) }),
            ])
        }
        if prepare {
            return output.lines([
                Line("key \(key) is the last one in \(path): it opens secrets, and seals none yet"),
                Line(
                    "copy the file to all daemons of the database, keep a copy on paper or elsewhere, and restart them"),
                Line("then run aura vault rotate --use \(key) for each of them, and restart them again"),
            ])
        }
        output.lines([
            Line("key \(key) is the first one in \(path), for new secrets and tokens"),
            Line("keep a copy on paper or on another machine: without it, secrets and tokens are lost with this file"),
            Line("restart aurad: it wraps all secrets under \(key) while it serves"),
            Line(
                "aura vault status shows what still needs the former keys: remove the line of a key that nothing needs"),
        ])
    }
}
