internal import AuraModel
internal import ChildProcess
public import DriverKit

extension SSHAccess {
    /// The lines of a `known_hosts` file that lists the machine's host keys under its alias.
    public var knownHosts: String {
        hostKeys.map { "\(hostKeyAlias) \($0)\n" }.joined()
    }

    /// Writes `id_ed25519`, `known_hosts` and `config`, all with mode 0600, into a directory that exists.
    ///
    /// Throws `ChildError` if a file cannot be written, and ``Failure`` if a part could change the meaning of `config`.
    public func writeFiles(into directory: String) throws {
        try check()
        let key = privateKey.reveal()
        try PrivateFile.write(key.hasSuffix("\n") ? key : key + "\n", to: "\(directory)/id_ed25519")
        try PrivateFile.write(knownHosts, to: "\(directory)/known_hosts")
        try PrivateFile.write(SSHConfiguration.text(self, directory: directory), to: "\(directory)/config")
    }

    /// Throws if OpenSSH could read a part as an option, if a part would break a line of `known_hosts` or `config`, or
    /// if there is no host key.
    func check() throws(Failure) {
        let isSafe: (String) -> Bool = { text in
            !text.isEmpty && !text.hasPrefix("-")
                && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !Array("\"'#%\\".utf8).contains($0) }
        }
        guard isSafe(address), isSafe(user), isSafe(hostKeyAlias), (1...65535).contains(port) else {
            let address = PlainText.clean(address, limitBytes: 80)
            throw Failure(
                .permanent, code: "invalidInput",
                message:
                    "cannot reach \(address): its address, port, user or alias is malformed"
            )
        }
        let areWhole = hostKeys.allSatisfy { !$0.contains { $0.isNewline } }
        guard areWhole, !hostKeys.isEmpty else {
            throw Failure(
                .permanent, code: "invalidInput",
                message: "cannot reach \(address): no host key of it is known, or one is not a single line")
        }
    }
}
