import ArgumentParser
import AuraAPI
import PKI

/// `aura pki revoke`
struct PKIRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Deny the key of a client's certificate for ever, on all daemons.",
        discussion: """
            Connections with the key end within a second. The certificate itself stays valid until its end, so the \
            daemons keep the key for ever. Renewing a certificate makes a new key.
            """)

    @Argument(
        help: ArgumentHelp(
            "The certificate, FILE.pem, or the SHA-256 of its public key in hexadecimal.", valueName: "file|hash"),
        completion: .file())
    var certificate: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Invocation.run(global) { invocation in
            try await invocation.show(
                Methods.accessDeny, AccessDenyParameters(key: try key()), purpose: "revoke \(certificate)"
            ) { result in
                [Line("the key \(result.key) is denied")]
            }
        }
    }

    private func key() throws -> String {
        let text = certificate.lowercased()
        if text.utf8.count == 64, text.allSatisfy(\.isHexDigit) { return text }
        let file = try PKIFile.read(certificate)
        do {
            let digest = try Authority.keyDigest(ofCertificate: file)
            return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        } catch {
            throw Complaint(.usage, "cannot revoke \(certificate): \(error)")
        }
    }
}
