import ArgumentParser
import AuraAPI
import AuraClient
import JSON

/// `aura secret reveal`
struct SecretRevealCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reveal", abstract: "Show the value of an exportable secret.",
        discussion: """
            The value goes to a terminal, or to the new file that --out names, and never to a pipe. It needs the scope \
            secrets:export, which no role has: use a token that has it.
            """)

    @OptionGroup var secret: SecretArgument

    @Option(
        help: ArgumentHelp(
            "A new file for the value, with the mode 0600; needed if standard output is no terminal.",
            valueName: "file"),
        completion: .file())
    var out: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            guard out != nil || invocation.output.isTerminal else {
                throw Complaint(
                    .usage,
                    "cannot show a secret, standard output is no terminal: give --out FILE, the path of a new file")
            }
            let file = try out.map { try NewFile($0) }
            do {
                try await reveal(to: file, invocation)
            } catch {
                file?.discard()
                throw error
            }
        }
    }

    private func reveal(to file: NewFile?, _ invocation: Invocation) async throws {
        let output = invocation.output
        let reply = try await invocation.connect().call(
            Methods.secretReveal, SecretParameters(name: secret.name, tenant: secret.tenant),
            purpose: "reveal the secret \(secret.name)")
        let result = try reply.value()
        guard let file else {
            if output.json { return output.document(reply.json) }
            let lines = result.value.split(separator: "\n", omittingEmptySubsequences: false)
            return output.lines(lines.map { Line(String($0)) })
        }
        try file.finish(result.value)
        guard !output.json else {
            var document = reply.json.objectValue ?? [:]
            document["value"] = nil
            document["file"] = .string(file.path)
            return output.document(.object(document))
        }
        output.line(
            Line(
                "the value of the secret \(result.secret.name) of \(result.secret.tenant), version "
                    + "\(result.secret.version), is in \(file.path)"))
    }
}
