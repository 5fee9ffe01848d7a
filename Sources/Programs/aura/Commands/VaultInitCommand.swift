import ArgumentParser
import JSON
import VaultKeys

/// `aura vault init`
struct VaultInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make the key file of the vault, without the daemon.",
        discussion: """
            The keys in the file encrypt the secrets and sign the tokens of an installation. It never replaces a file. \
            With --add, a new key becomes the first one in an existing file: from the next start of aurad on, new \
            secrets and tokens use it, and the former keys still open what they sealed.
            """)

    /// The name of the first key.
    static let firstKey = "k1"

    @Option(
        help: ArgumentHelp("The new key file; \(KeyFile.usualPath) if not given.", valueName: "file"),
        completion: .file())
    var out: String?

    @Option(help: ArgumentHelp("Add a key of this name: 1 to 8 lower-case letters and digits.", valueName: "name"))
    var add: String?

    @Option(help: ArgumentHelp("The key file to which --add adds.", valueName: "file"), completion: .file())
    var file: String?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard (add == nil) == (file == nil) else {
            throw ValidationError("cannot use --add without --file, or --file without --add: give both")
        }
        guard add == nil || out == nil else {
            throw ValidationError("cannot use --add and --out at once: --add changes the file that --file names")
        }
        guard add.map(KeyFile.isKeyName) ?? true else {
            throw ValidationError("cannot use the key's name: give 1 to 8 lower-case letters and digits, as in k2")
        }
    }

    func run() async throws {
        try await Invocation.runOffline(global) { output in
            if let add, let file {
                try KeyFile.add(add, to: file)
                Self.show("key \(add) is the first one in \(file), for new secrets and tokens", file, key: add, output)
            } else {
                let path = out ?? KeyFile.usualPath
                try KeyFile.fill(try NewFile(path)) { try $0.finish("\(MasterKeys.newLine(id: Self.firstKey))\n") }
                // The only key must not be lost by a power cut after secrets depend on it.
                try KeyFile.sync(directoryOf: KeyFile.absolute(path))
                Self.show("the vault's key \(Self.firstKey) is in \(path)", path, key: Self.firstKey, output)
            }
        }
    }

    private static func show(_ head: String, _ path: String, key: String, _ output: Output) {
        let place = KeyFile.absolute(path)
        guard !output.json else {
            return output.document([
                "file": .string(place), "key": .string(key), "setting": ["vault.keyFile": .string(place)],
            ])
        }
        output.lines([
            Line(head),
            Line("keep a copy on paper or on another machine: without it, secrets and tokens are lost with this file"),
            Line("the account of aurad must be able to read the file; name it in aurad's configuration:"),
            Line(), Line("vault:"), Line("  keyFile: \(place)"),
        ])
    }
}
