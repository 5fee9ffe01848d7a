import ArgumentParser
import AuraModel
import JSON
import PKI
import TLS

/// `aura pki`
struct PKICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pki", abstract: "Make and revoke the certificates of an installation.",
        discussion: """
            An authority is a directory with authority.pem and authority.key. Whoever has its key can make every \
            certificate, so keep it offline. Daemons and clients need only authority.pem. Only revoke calls the \
            daemon.
            """,
        subcommands: [PKIInitCommand.self, PKIIssueCommand.self, PKIRenewCommand.self, PKIRevokeCommand.self])
}

/// The options of all commands that write certificates.
struct PKIOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The directory of the authority; the present one if not given.", valueName: "directory"),
        completion: .directory)
    var directory = "."

    @Flag(help: "Replace files that exist.")
    var force = false

    /// The paths of the authority's files.
    var authorityFiles: PairFiles {
        PairFiles(certificate: "\(directory)/authority.pem", key: "\(directory)/authority.key")
    }

    /// Reads the authority. Throws a ``Complaint``.
    func authority(now: Int64) throws -> Authority {
        let files = authorityFiles
        let certificate = try PKIFile.read(files.certificate)
        let key = try PKIFile.read(files.key)
        do {
            return try Authority(certificate: certificate, key: key, now: now)
        } catch {
            throw Complaint(.usage, "cannot use the authority in \(directory): \(error)")
        }
    }
}

/// `aura pki init`
struct PKIInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make an authority, which is valid for ten years, and its directory.")

    @Option(
        help: ArgumentHelp("The name of the installation, which all its certificates contain.", valueName: "name"))
    var installation: String

    @OptionGroup var options: PKIOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let pair = try Complaint.explaining("make an authority") {
                try Authority.make(installation: installation, now: invocation.seconds)
            }
            try PKIFile.makeDirectory(options.directory)
            try options.authorityFiles.write(pair, replaces: options.force)
            invocation.report(pair, options.authorityFiles)
        }
    }
}

/// `aura pki issue`
struct PKIIssueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "Issue a certificate, for a principal or for a server.")

    @Option(help: ArgumentHelp("The id of the principal.", valueName: "id"))
    var principal: String?

    @Option(
        help: ArgumentHelp(
            "The host names and IP addresses of the server, with commas between them.", valueName: "names"))
    var server: String?

    @Option(help: ArgumentHelp("The days that it is valid, 1 to 90.", valueName: "number"))
    var days = 30

    @Option(
        help: ArgumentHelp(
            "The path of the new files without .pem and .key; the principal or first name if not given.",
            valueName: "path"),
        completion: .file())
    var out: String?

    @OptionGroup var options: PKIOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard (principal == nil) != (server == nil) else {
            throw ValidationError("cannot issue a certificate: give either --principal or --server")
        }
    }

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let authority = try options.authority(now: invocation.seconds)
            let subject = try subject(in: authority)
            let pair = try Complaint.explaining("issue a certificate") {
                try authority.issue(subject, days: days, now: invocation.seconds)
            }
            let path = out ?? "\(options.directory)/\(subject.label)"
            let files = PairFiles(certificate: "\(path).pem", key: "\(path).key")
            try files.write(pair, replaces: options.force)
            invocation.report(pair, files)
        }
    }

    private func subject(in authority: Authority) throws -> CertificateSubject {
        if let principal {
            guard let name = CertificateName(installation: authority.installation, principal: principal) else {
                throw Complaint(
                    .usage,
                    "cannot use the principal \"\(principal)\": give 1 to 48 letters, digits and . _ -, "
                        + "first a letter or digit")
            }
            return .principal(name)
        }
        return .server(
            try (server ?? "").split(separator: ",", omittingEmptySubsequences: false).map { text in
                guard let name = CertificateSubject.ServerName(String(text)) else {
                    throw Complaint(
                        .usage, "cannot use the server \"\(text)\": give host names or IP addresses, without ports")
                }
                return name
            })
    }
}

/// `aura pki renew`
struct PKIRenewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Issue a certificate again, with a new key and the same names.",
        discussion: "With --force it replaces the certificate and its key; a daemon then uses them within ten seconds.")

    @Argument(help: ArgumentHelp("The certificate, FILE.pem.", valueName: "file"), completion: .file())
    var file: String

    @Option(
        help: ArgumentHelp(
            "The days that it is valid, 1 to 90; those of the old one if not given.", valueName: "number"))
    var days: Int?

    @Option(
        help: ArgumentHelp(
            "The path of the new files without .pem and .key; that of the old ones if not given.",
            valueName: "path"),
        completion: .file())
    var out: String?

    @OptionGroup var options: PKIOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            let authority = try options.authority(now: invocation.seconds)
            let old = try PKIFile.read(file)
            let pair = try Complaint.explaining("renew \(file)") {
                let renewal = try authority.renewal(of: old)
                return try authority.issue(renewal.subject, days: days ?? renewal.days, now: invocation.seconds)
            }
            let path = out ?? (file.hasSuffix(".pem") ? String(file.dropLast(4)) : file)
            let files = PairFiles(certificate: out == nil ? file : "\(path).pem", key: "\(path).key")
            try files.write(pair, replaces: options.force)
            invocation.report(pair, files)
        }
    }
}

extension Invocation {
    /// The present time, in seconds since 1970.
    fileprivate var seconds: Int64 { time.now().milliseconds / 1000 }

    /// Prints the paths of a new pair and the end of its life.
    fileprivate func report(_ pair: IssuedPair, _ files: PairFiles) {
        let end = Timestamp(milliseconds: pair.notAfter * 1000).description
        if output.json {
            output.document([
                "certificate": .string(files.certificate), "key": .string(files.key), "notAfter": .string(end),
            ])
        } else {
            output.line(Line("wrote \(files.certificate) and \(files.key), valid until \(end)"))
        }
    }
}

extension Complaint {
    /// Runs `body`, and complains about the command line if it fails.
    fileprivate static func explaining<Value>(_ purpose: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw Complaint(.usage, "cannot \(purpose): \(error)")
        }
    }
}
