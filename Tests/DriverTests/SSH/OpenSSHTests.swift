import AuraModel
import ChildProcess
import DriverKit
import Foundation
import SSHDriver
import Testing

/// OpenSSH's programs: the real `ssh-keygen` makes key pairs, and scripts that replace `ssh` print its messages.
@Suite struct OpenSSHTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func shell(ssh script: String = "exit 0") throws -> OpenSSH {
        let path = try scratch.program("ssh", script)
        return OpenSSH(
            settings: SSHSettings(workDirectory: "\(scratch.path)/runs", sshPath: path), time: SystemTime(),
            log: Scratch.log)
    }

    private static let access = SSHAccess(
        address: "203.0.113.10", port: 2222, user: "root",
        privateKey: Secret("-----BEGIN KEY-----\nabc\n-----END KEY-----"),
        hostKeys: ["ssh-ed25519 AAAA1", "ssh-ed25519 AAAA2"], hostKeyAlias: "0199-abcd")

    @Test func keyPairsAreReadByOpenSSH() async throws {
        let shell = try shell()
        let first = try await shell.makeKeyPair(comment: "aura ada -g1")
        let second = try await shell.makeKeyPair(comment: "-x")
        #expect(first.publicKey.hasPrefix("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA"))
        #expect(first.publicKey.hasSuffix(" aura ada -g1"))
        #expect(first.privateKey.reveal().hasPrefix("-----BEGIN OPENSSH PRIVATE KEY-----\n"))
        #expect(first.privateKey.reveal().hasSuffix("-----END OPENSSH PRIVATE KEY-----\n"))
        #expect(first.publicKey != second.publicKey)
        for pair in [first, second] {
            let path = "\(scratch.path)/key"
            try PrivateFile.write(pair.privateKey.reveal(), to: path)
            #expect(try Self.publicKey(of: path) == pair.publicKey)
            try FileManager.default.removeItem(atPath: path)
        }
    }

    /// The public key that the real `ssh-keygen` reads from a private key.
    private static func publicKey(of path: String) throws -> String {
        let keygen = Process()
        keygen.executableURL = URL(fileURLWithPath: "/usr/bin/ssh-keygen")
        keygen.arguments = ["-y", "-f", path]
        let output = Pipe()
        keygen.standardOutput = output
        try keygen.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        keygen.waitUntilExit()
        return text.trimmingCharacters(in: .newlines)
    }

    @Test func sshGetsOnlyTheOptionsFilesAndEnvironmentItNeeds() async throws {
        let shell = try shell(
            ssh: """
                printf '%s\\n' "$@" > "\(scratch.path)/arguments"
                env > "\(scratch.path)/environment"
                cp "$HOME/known_hosts" "$HOME/id_ed25519" "$HOME/config" "\(scratch.path)/"
                stat -c '%a' "$HOME" "$HOME/known_hosts" "$HOME/id_ed25519" "$HOME/config" > "\(scratch.path)/modes"
                """)
        try await shell.reach(Self.access)
        let arguments = try scratch.text("arguments").split(separator: "\n").map(String.init)
        #expect(arguments.first == "-F" && arguments.dropFirst().first?.hasSuffix("/config") == true)
        #expect(arguments.suffix(3) == ["ConnectTimeout=10", "203.0.113.10", "true"])
        let options = try scratch.text("config").split(separator: "\n").map(String.init)
        for option in [
            "User root", "Port 2222", "BatchMode yes", "StrictHostKeyChecking yes", "HostKeyAlias 0199-abcd",
            "IdentitiesOnly yes", "ServerAliveInterval 5", "GlobalKnownHostsFile /dev/null", "ForwardAgent no",
        ] {
            #expect(options.contains(option))
        }
        #expect(try scratch.text("known_hosts") == "0199-abcd ssh-ed25519 AAAA1\n0199-abcd ssh-ed25519 AAAA2\n")
        #expect(try scratch.text("id_ed25519") == Self.access.privateKey.reveal() + "\n")
        #expect(try scratch.text("modes") == "700\n600\n600\n600\n")
        let names = Set(try scratch.text("environment").split(separator: "\n").map { $0.prefix { $0 != "=" } })
        #expect(names.subtracting(["PATH", "HOME", "LANG", "PWD", "OLDPWD", "SHLVL", "_"]).isEmpty)
    }

    struct Words: Sendable, CustomStringConvertible {
        var text: String
        var errorClass: ErrorClass
        var code: String
        var description: String { code + ": " + text.prefix(40) }
    }

    static let words: [Words] = [
        Words(
            text: "ssh: connect to host 1.2.3.4 port 22: Connection refused", errorClass: .transient, code: "sshRefused"
        ),
        Words(
            text: "ssh: connect to host 1.2.3.4 port 22: Connection timed out", errorClass: .transient,
            code: "sshTimedOut"),
        Words(text: "Connection timed out during banner exchange", errorClass: .transient, code: "sshTimedOut"),
        Words(text: "Timeout, server 1.2.3.4 not responding.", errorClass: .transient, code: "sshTimedOut"),
        Words(
            text: "ssh: connect to host 1.2.3.4 port 22: No route to host", errorClass: .transient, code: "sshNoRoute"),
        Words(
            text: "ssh: connect to host ::1 port 22: Network is unreachable", errorClass: .transient, code: "sshNoRoute"
        ),
        Words(
            text: "kex_exchange_identification: read: Connection reset by peer\nConnection reset by 1.2.3.4 port 22",
            errorClass: .transient, code: "sshClosed"),
        Words(
            text: "kex_exchange_identification: Connection closed by remote host", errorClass: .transient,
            code: "sshClosed"),
        Words(text: "Connection closed by 1.2.3.4 port 22", errorClass: .transient, code: "sshClosed"),
        Words(text: "client_loop: send disconnect: Broken pipe", errorClass: .transient, code: "sshClosed"),
        Words(
            text: "ssh: Could not resolve hostname nowhere: Name or service not known", errorClass: .transient,
            code: "sshUnresolved"),
        Words(
            text: """
                @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
                Host key for 0199 has changed and you have requested strict checking.
                Host key verification failed.
                """, errorClass: .permanent, code: "sshHostKeyMismatch"),
        Words(
            text: """
                No ED25519 host key is known for 0199 and you have requested strict checking.
                Host key verification failed.
                """,
            errorClass: .permanent, code: "sshHostKeyMismatch"),
        Words(
            text: "root@1.2.3.4: Permission denied (publickey).", errorClass: .permanent, code: "sshPermissionDenied"),
        Words(
            text: "Received disconnect from 1.2.3.4 port 22:2: Too many authentication failures",
            errorClass: .permanent,
            code: "sshPermissionDenied"),
        Words(
            text: "Load key \"/x/id_ed25519\": error in libcrypto\nroot@1.2.3.4: Permission denied (publickey).",
            errorClass: .permanent, code: "sshKeyUnusable"),
        Words(
            text: "Unable to negotiate with 1.2.3.4 port 22: no matching host key type found.", errorClass: .permanent,
            code: "sshNegotiation"),
        Words(text: "something new", errorClass: .transient, code: "sshFailed"),
        Words(text: "", errorClass: .transient, code: "sshFailed"),
    ]

    @Test(arguments: words)
    func everySSHFailureHasAnErrorClassAndCode(_ words: Words) async throws {
        try PrivateFile.write(words.text + "\n", to: "\(scratch.path)/words")
        let shell = try shell(ssh: "cat '\(scratch.path)/words' >&2; exit 255")
        let failure = await failure { try await shell.reach(Self.access) }
        #expect(failure?.code == words.code)
        #expect(failure?.errorClass == words.errorClass)
        #expect(failure?.message.hasPrefix("cannot reach 203.0.113.10: ") == true)
    }

    @Test func anotherExitCodeIsThatOfTheCommand() async throws {
        let shell = try shell(ssh: "echo 'System is booting up.' >&2; exit 1")
        let failure = await failure { try await shell.reach(Self.access) }
        #expect(failure?.code == "sshCommandFailed")
        #expect(failure?.errorClass == .transient)
        #expect(failure?.message.hasSuffix("the command ended with 1: System is booting up.") == true)
    }

    @Test func aMissingSSHProgramIsAPermanentFailure() async throws {
        let settings = SSHSettings(workDirectory: "\(scratch.path)/runs", sshPath: "\(scratch.path)/nothing")
        let shell = OpenSSH(settings: settings, time: SystemTime(), log: Scratch.log)
        let failure = await failure { try await shell.reach(Self.access) }
        #expect(failure?.code == "sshMissing")
        #expect(failure?.errorClass == .permanent)
    }

    @Test func aRefusedLoginIsReportedWithTheMessageOfTheImage() async throws {
        let shell = try shell(ssh: "echo 'Please login as the user \"debian\"'; exit 142")
        let failure = await failure { try await shell.reach(Self.access) }
        #expect(failure?.message.hasSuffix("ended with 142: Please login as the user \"debian\"") == true)
    }

    @Test func adviceAboutTemporaryFilesIsOmitted() async throws {
        let words = """
            Host key for 0199 has changed and you have requested strict checking.
            Offending ED25519 key in /run/x/known_hosts:1
              remove with:
              ssh-keygen -f "/run/x/known_hosts" -R "0199"
            Host key verification failed.
            """
        try PrivateFile.write(words, to: "\(scratch.path)/words")
        let shell = try shell(ssh: "cat '\(scratch.path)/words' >&2; exit 255")
        let failure = await failure { try await shell.reach(Self.access) }
        #expect(failure?.code == "sshHostKeyMismatch")
        #expect(failure?.message.contains("keygen") == false)
        #expect(failure?.message.contains("has changed") == true)
    }

    @Test(arguments: ["-oProxyCommand=touch x", "", "a b", "host\nname"])
    func anUnsafeAddressIsRefused(address: String) async throws {
        var access = Self.access
        access.address = address
        let shell = try shell()
        let found = await failure { [access] in try await shell.reach(access) }
        #expect(found?.code == "invalidInput")
    }

    @Test func aHostKeyOfTwoLinesIsRefused() async throws {
        var access = Self.access
        access.hostKeys = ["ssh-ed25519 AAAA\n* ssh-ed25519 BBBB"]
        let shell = try shell()
        let found = await failure { [access] in try await shell.reach(access) }
        #expect(found?.code == "invalidInput")
    }

    /// The script that replaces `ssh` runs the command locally, and another script replaces `curl`.
    @Test func healthOverSSHReadsTheReplyOfCurl() async throws {
        _ = try scratch.program(
            "curl",
            "for last; do :; done; case $last in */readyz|*/startupz) printf 'no\\n404';; *) printf 'li\\nve\\n200';; esac"
        )
        let shell = try shell(ssh: "for last; do :; done; PATH='\(scratch.path)'; eval \"$last\"")
        let target = HealthTarget(address: "203.0.113.10", port: 18789, access: Self.access)
        let report = try await SSHHealth(shell: shell).probe(target)
        #expect(report == HealthReport(status: 200, body: "li ve"))
    }

    @Test(arguments: [
        ("printf 'starting\\n503'", "agentNotReady", ErrorClass.transient),
        ("echo 'curl: (7) Failed to connect' >&2; exit 7", "agentUnreachable", .transient),
        ("echo 'sh: curl: not found' >&2; exit 127", "healthToolMissing", .permanent),
        ("echo 'Host key verification failed.' >&2; exit 255", "sshHostKeyMismatch", .permanent),
    ])
    func everyFailureOfHealthOverSSHHasAnErrorClassAndCode(script: String, code: String, errorClass: ErrorClass)
        async throws
    {
        let shell = try shell(ssh: script)
        let target = HealthTarget(address: "203.0.113.10", port: 18789, access: Self.access)
        let failure = await failure { _ = try await SSHHealth(shell: shell).probe(target) }
        #expect(failure?.code == code)
        #expect(failure?.errorClass == errorClass)
    }
}
