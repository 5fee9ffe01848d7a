import ArgumentParser
import AuraClient
import JSON
import VaultKeys

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `aura vault init`
struct VaultInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make the key file of the vault, without the daemon.",
        discussion: """
            The keys in the file encrypt the secrets and sign the tokens of an installation. It never replaces a file. \
            With --add, a new key becomes the first one in an existing file: from the next start of aurad on, new \
            secrets and tokens use it, and the former keys still open what they sealed.
            """)

    /// The key file if no path is given.
    static let usualPath = "/etc/aura/master.key"
    /// The name of the first key.
    static let firstKey = "k1"
    /// The longest key file, in bytes.
    static let limitBytes = 64 << 10

    @Option(
        help: ArgumentHelp("The new key file; \(usualPath) if not given.", valueName: "file"), completion: .file())
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
        guard add.map(Self.isKeyName) ?? true else {
            throw ValidationError("cannot use the key's name: give 1 to 8 lower-case letters and digits, as in k2")
        }
    }

    private static func isKeyName(_ text: String) -> Bool {
        (1...8).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    }

    func run() async throws {
        try await Invocation.runOffline(global) { output in
            if let add, let file {
                try Self.prepend(add, to: file)
                Self.show("key \(add) is the first one in \(file), for new secrets and tokens", file, key: add, output)
            } else {
                let path = out ?? Self.usualPath
                try Self.fill(try NewFile(path)) { try $0.finish("\(MasterKeys.newLine(id: Self.firstKey))\n") }
                Self.show("the vault's key \(Self.firstKey) is in \(path)", path, key: Self.firstKey, output)
            }
        }
    }

    /// Puts a line with a new key before the others. The new file replaces the old one at once, or not at all.
    private static func prepend(_ key: String, to path: String) throws {
        // A link would be replaced instead of its file.
        guard let resolved = realpath(path, nil) else {
            throw Complaint(
                .usage, "cannot use the key file \(path), \(String(cString: strerror(errno))): check its path")
        }
        defer { free(resolved) }
        let place = String(cString: resolved)
        // Also keeps two of these commands from changing the file at once.
        let new = try NewFile(
            "\(place).new", remedy: "wait for the other aura vault init, or remove the file if there is none")
        try fill(new) { new in
            let former = try text(of: place, without: key)
            var status = stat()
            guard stat(place, &status) == 0 else { throw replacing(path) }
            try new.take(owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o700)
            try new.finish("\(MasterKeys.newLine(id: key))\n\(former)")
            guard rename(new.path, place) == 0 else { throw replacing(path) }
        }
    }

    /// Runs `body`, and removes the new file if that throws.
    private static func fill(_ file: NewFile, _ body: (NewFile) throws -> Void) throws {
        do {
            try body(file)
        } catch {
            file.discard()
            throw error
        }
    }

    /// Returns the text of a key file. Throws a ``Complaint`` if it cannot be used, or has a key of this name.
    private static func text(of path: String, without key: String) throws -> String {
        do {
            let text = try PrivateFile.text(of: path, "key file", owner: .userOrAnyForRoot, limitBytes: limitBytes)
            guard try !MasterKeys(text).ids.contains(key) else {
                throw Complaint(.usage, "cannot add the key \(key), the file has one of this name: choose another name")
            }
            return text
        } catch let error as ClientError {
            throw Complaint(.usage, error.message)
        } catch let error as KeyFileError {
            throw Complaint(.usage, "\(error)")
        }
    }

    private static func replacing(_ path: String) -> Complaint {
        Complaint(
            .cannotWrite,
            "cannot replace the key file \(path), \(String(cString: strerror(errno))): nothing was changed")
    }

    private static func show(_ head: String, _ path: String, key: String, _ output: Output) {
        let place = absolute(path)
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

    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return "\(String(cString: directory))/\(path)"
    }
}
